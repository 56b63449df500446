# embed.awk: turns .sql files into a C table of struct hearth_file.
#
# awk -v table=referrals_sql -f embed.awk FILE... > referrals_sql.c
# Each file becomes { "name without .sql", "its text" }; a NULL name ends the table. No file at all is an empty table.

function basename_of(path) {
	sub(/.*\//, "", path)
	sub(/\.sql$/, "", path)
	return path
}

function close_entry() {
	if (open)
		print "\t},"
	open = 0
}

BEGIN {
	print "/* Generated from .sql files by the build. */"
	print "#include <hearth/service.h>"
	print ""
	print "extern const struct hearth_file " table "[];"
	print "const struct hearth_file " table "[] = {"
}

FNR == 1 {
	close_entry()
	printf "\t{\n\t\t\"%s\",\n", basename_of(FILENAME)
	open = 1
}

{
	gsub(/\\/, "\\\\")
	gsub(/"/, "\\\"")
	gsub(/\t/, "\\t")
	gsub(/\r/, "\\r")
	gsub(/\?/, "\\?")
	print "\t\t\"" $0 "\\n\""
}

END {
	close_entry()
	print "\t{ 0, 0 }"
	print "};"
}
