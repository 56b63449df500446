# plan_of.pl SERVICE FILE: one statement as psql is to explain it, planned as the write and read connections plan it.
# Nothing when it is planned for each call or runs on the slow connection.
use strict;
use warnings;

my ($service, $file) = @ARGV;
sub slurp { local $/; open my $in, '<', $_[0] or die "$_[0]: $!"; return <$in> }

my ($name) = $file =~ m{([^/]+)\.sql$};
my ($main, $sql) = (slurp("services/$service/main.c"), slurp($file));
my %slow = map { $_ => 1 } $main =~ /HEARTH_(?:SLOW|COMPUTE),[^{}]*?\.statement = "(\w+)"/g;
# What a timer reads, too.
$slow{$_} = 1 for slurp("services/$service/events.c") =~ /\.read = "(\w+)"/g;
exit 0 if $slow{$name} or $name eq 'snapshot' or      # Events/Snapshot is slow
	 $sql =~ /^-- plan: fresh$/m;
$sql =~ s/--.*//g;
my (%number, @names);
$sql =~ s{('(?:[^']|'')*'|::)|:([a-z_0-9]+)}{
	defined $1 ? $1 : do { $number{$2} //= push @names, $2; "\$$number{$2}" }
}ge;
my $values = @names ? '(' . join(',', ('NULL') x @names) . ')' : '';
print "SET search_path = $service;\nSET jit = off;\nPREPARE it AS $sql;\n";
print "SET plan_cache_mode = force_generic_plan;\nSET enable_seqscan = off;\nEXPLAIN EXECUTE it$values;\n";
