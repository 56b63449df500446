#!/usr/bin/env bash
# What docs/operations.md says of settings, log lines and metrics is what the programs have: nothing is missing, nothing
# is made up. (Metrics of running services: integration/test_operations.c.)
set -u
cd "$(dirname "$0")/../.." || exit 1
page=docs/operations.md
bin=${HEARTH_BIN:-build/bin}
failures=0 checks=0

check() {
	checks=$((checks + 1))
	local said
	said=$("$1" 2>&1)
	[ -z "$said" ] && return
	failures=$((failures + 1))
	printf 'test_operations.sh: %s:\n%s\n' "$1" "$said"
}

# The rows of the tables in a section of the page.
section() {
	awk -v title="## $1" '/^## / { inside = $0 == title } inside && /^\| `/' "$page"
}

# "key default", of what the programs say and of what the page says.
settings_of_programs() {
	local program
	for program in services/*/main.c; do
		program=${program#services/} program=${program%/main.c}
		[ "$program" = cli ] || "$bin/hearth-$program" --help |
			awk '/^  --/ { sub(/^  --/, ""); sub(/=.*/, ""); key = $0; next } match($0, /\[[^]]*\]$/) { print key, substr($0, RSTART + 1, RLENGTH - 2) }'
	done | sed -E 's/^[a-z]+-address /<service>-address /' | sort -u
}

settings_of_page() {
	section Settings | awk -F'|' '{ gsub(/[ `]/, "", $2); gsub(/[ `]/, "", $3); print $2, $3 }' | sort -u
}

each_setting_stands_in_the_page_with_its_default() {
	comm -23 <(settings_of_programs) <(settings_of_page) | sed 's/^/not in the page: /'
	comm -13 <(settings_of_programs) <(settings_of_page) | sed 's/^/in the page, in no program: /'
	[ "$(settings_of_programs | wc -l)" -ge 25 ] || echo "fewer than 25 settings were read: --help has another form now"
}

flags_of_the_command_line() {
	"$bin/hearth" help | sed -n 's/^  --\([a-z-]*\) .*/\1/p' | sort -u
}

each_flag_of_the_command_line_stands_in_the_page() {
	local flags
	flags=$(section 'The command line' | awk -F'|' '{ gsub(/[ `]/, "", $2); print $2 }' | sort -u)
	comm -23 <(flags_of_the_command_line) <(echo "$flags") | sed 's/^/not in the page: /'
	comm -13 <(flags_of_the_command_line) <(echo "$flags") | sed 's/^/in the page alone: /'
	[ "$(flags_of_the_command_line | wc -l)" -ge 8 ] || echo "fewer than 8 flags were read: help has another form now"
}

# "event level key key ..." of each line that the code writes; a level that is computed is `info`.
lines_of_code() {
	perl -0777 -ne '
		while (/\bhearth_log\(\s*(?:HEARTH_LOG_([A-Z]+)|level)\s*,\s*"(\w+)"\s*,\s*((?:"(?:[^"\\]|\\.)*"|PRI\w+|HEARTH_VERSION|\s)+)/g) {
			my ($level, $event, $format) = (defined $1 ? lc $1 : "info", $2, $3);
			$format =~ s/"((?:[^"\\]|\\.)*)"/$1/g;
			print join(" ", $event, $level, $format =~ /(?:^|\s)([a-z][a-z_-]*)=/g), "\n";
		}' services/*/*.c | sort -u
}

lines_of_page() {
	section 'Log lines' | awk -F'|' '{ gsub(/[`=]/, " ", $0); print $2, $3, $4 }' | sed -E 's/ +/ /g; s/^ //; s/ $//' | sort -u
}

each_log_line_stands_in_the_page_with_its_level_and_keys() {
	comm -23 <(lines_of_code) <(lines_of_page) | sed 's/^/not in the page: /'
	comm -13 <(lines_of_code) <(lines_of_page) | sed 's/^/in the page, written nowhere: /'
}

no_log_line_was_overlooked() {
	local read calls
	read=$(perl -0777 -ne 'print "x\n" while /\bhearth_log\(\s*(?:HEARTH_LOG_[A-Z]+|level)\s*,\s*"\w+"\s*,\s*"/g' services/*/*.c | wc -l)
	calls=$(grep -hoE '(^|[^a-z_])hearth_log\(' services/*/*.c | wc -l)
	[ "$((read + 1))" -eq "$calls" ] || echo "$calls calls of hearth_log and its definition, $read of them could be read"
}

# Values are ids, codes, counts, times, addresses and our own sentences; a new kind of value is thought about here.
no_log_line_has_a_value_of_a_new_kind() {
	local known=' active address after again authority begun calls closed code connection count detail errors event events
failed field file fingerprint folded goes_on how ignored instance kind listen loaded log-level lost made method metrics ms name
outstanding partition pid place ready reason role rows secret seq set source sqlstate stopped stray through trace trimmed
trimmed_through tries type version why '
	lines_of_code | cut -d' ' -f3- | tr ' ' '\n' | sort -u | while read -r key; do
		[[ -z $key || " ${known//$'\n'/ } " == *" $key "* ]] || echo "$key"
	done
}

metrics_that_are_named_have_a_row() {
	local rows
	rows=$(section Metrics | awk -F'|' '{ gsub(/[ `]/, "", $2); print $2 }' | sort -u)
	grep -oE '\b(hearth|process)_[a-z_]+(_seconds|_total|_bytes|_fds|_events|_calls|_parked|_stopped|_active|_ready|_held|_due|_writes|_reads|_ahead|_partitions|_through|_info)(_bucket)?\b' \
		"$page" docs/events.md docs/architecture.md | sed 's/^[^:]*://; s/_bucket$//' | sort -u | comm -23 - <(echo "$rows") |
		sed 's/^/no row: /'
	[ "$(wc -l <<<"$rows")" -ge 30 ] || echo "fewer than 30 rows were read"
}

check each_setting_stands_in_the_page_with_its_default
check each_flag_of_the_command_line_stands_in_the_page
check each_log_line_stands_in_the_page_with_its_level_and_keys
check no_log_line_was_overlooked
check no_log_line_has_a_value_of_a_new_kind
check metrics_that_are_named_have_a_row
echo "$((100 * (checks - failures) / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
