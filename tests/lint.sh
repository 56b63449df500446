#!/bin/bash
# lint.sh [--format]: rules that a machine can hold. Prints one line per breach, "file:line: what"; exit code 1 if any.
#
# C: no file over 600 lines (a test 900), no function over 100, an opening comment, no left-over marks, and outside tests
# none of the banned functions.
# SQL: no `*` as a select item, no clock but :now and :today. Layers: what each part may include. --format also asks
# clang-format, when it is installed. Contracts: each service, rpc, enum and message has a comment (a request or response
# is its rpc's).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

mapfile -t code < <(find include services tests -name '*.[ch]' | LC_ALL=C sort)
mapfile -t contracts < <(find proto -name '*.proto' | LC_ALL=C sort)
mapfile -t sql < <(find services -name '*.sql' | LC_ALL=C sort)
breaches=$(mktemp)
trap 'rm -f "$breaches"' EXIT

# Text without comments, strings and character constants, line for line.
strip='
function stripped(line,    out) {
	out = ""
	while (line != "") {
		if (inside) {
			if (!match(line, /\*\//))
				return out
			line = substr(line, RSTART + 2)
			inside = 0
		} else if (match(line, /\/\*|\/\/|"([^"\\]|\\.)*"|\047([^\047\\]|\\.)+\047/)) {
			out = out substr(line, 1, RSTART - 1)
			mark = substr(line, RSTART, 2)
			line = substr(line, RSTART + RLENGTH)
			if (mark == "//")
				return out
			if (mark == "/*")
				inside = 1
			else
				out = out "0"
		} else {
			return out line
		}
	}
	return out
}
FNR == 1 { inside = 0 }
'

check_c() {
	awk "$strip"'
	function breach(what) { printf "%s:%d: %s\n", FILENAME, FNR, what }
	FNR == 1 {
		begin = 0
		test = FILENAME ~ /^tests\//
		if ($0 !~ /^\/\*/)
			breach("no opening comment that says what the file is for")
	}
	FNR == 601 && !test { breach("file over 600 lines") }
	FNR == 901 && test { breach("test over 900 lines") }
	length($0) - gsub(/\t/, "\t") * -7 > 140 { breach("line far over 120 columns") }
	/[ \t]$/ { breach("space at the end of the line") }
	/T[O]DO|F[I]XME|(^|[^X])X[X]X([^X]|$)|H[A]CK/ { breach("left-over mark") }
	{ text = stripped($0) }
	!test && match(text, /(^|[^a-z_0-9])(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca|strdupa|mktemp|tmpnam|asctime|ctime|time|gmtime|localtime|system)[ ]*\(/) {
		breach("banned function: " substr(text, RSTART, RLENGTH) ")")
	}
	text == "{" { begin = FNR }
	text ~ /^}/ {
		if (begin && FNR - begin > 101)
			printf "%s:%d: function of %d lines, at most 100\n", FILENAME, begin, FNR - begin - 1
		begin = 0
	}' "${code[@]}"
}

check_sql() {
	[ ${#sql[@]} -eq 0 ] || awk '
	function breach(what) { printf "%s:%d: %s\n", FILENAME, FNR, what }
	FNR == 1 {
		last = ""
		if ($0 !~ /^-- /)
			breach("no first comment line that says what it does")
	}
	{
		text = tolower($0)
		gsub(/\047[^\047]*\047/, "0", text)
		sub(/--.*/, "", text)
		joined = last " " text
	}
	joined ~ /(select|distinct|returning|,)[ \t]+\*/ && text ~ /\*/ || text ~ /[a-z_0-9]\.\*/ { breach("`*` as a select item: name the columns") }
	$0 !~ /-- not domain time$/ && match(text, /(^|[^a-z_0-9])(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday)[ ]*\(/) {
		breach("the clock is :now and :today")
	}
	match(text, /(^|[^a-z_0-9])(current_date|current_time|current_timestamp|localtime|localtimestamp)($|[^a-z_0-9])/) {
		breach("the clock is :now and :today")
	}
	text ~ /deferrable/ && text !~ /not deferrable/ { breach("deferrable constraints fail at COMMIT and name no request") }
	text !~ /^[ \t]*$/ { last = text }' "${sql[@]}"
}

check_contracts() {
	[ ${#contracts[@]} -eq 0 ] || awk '
	FNR == 1 { commented = 0 }
	/^[ \t]*(service|rpc|enum|message)[ \t]+[A-Za-z_0-9]+/ {
		of_an_rpc = $1 == "message" && $2 ~ /(Request|Response)$/
		if (!commented && !of_an_rpc)
			printf "%s:%d: %s %s has no comment that says what it is\n", FILENAME, FNR, $1, $2
	}
	{ commented = /^[ \t]*\/\// }' "${contracts[@]}"
}

# Every include as "file:line:what it names", quotes or brackets kept.
includes() {
	grep -nHE '^#include ' "$@" | sed -E 's/^([^:]*:[0-9]+:)#include +/\1/'
}

# A rule is a module with a header of its own name (stability.c, stability.h); the service's header, main.c and the plans
# it declares are not.
is_rule() {
	local stem=${1%.*}
	[ -e "$stem.c" ] && [ -e "$stem.h" ] && [ "${stem##*/}" != "$(basename "$(dirname "$1")")" ]
}

check_layers() {
	local file line what folder
	includes include/hearth/*.h | grep -vE ':(<|"hearth/)' | sed 's/$/: a public header includes public ones alone/'
	for folder in services/*/; do
		case $folder in services/runtime/ | services/cli/) continue ;; esac
		[ -n "$(find "$folder" -maxdepth 1 -name '*.[ch]')" ] || continue
		while IFS=: read -r file line what; do
			case $what in
			'"../'* | '"services/'* | '<services/'*)
				echo "$file:$line: a service includes no other part's header: $what" ;;
			'<hearth/client.h>')
				echo "$file:$line: services do not call each other: what one needs of another comes by events" ;;
			'<zmq'* | '<libpq'*)
				echo "$file:$line: sockets and databases are the runtime's: $what" ;;
			esac
			is_rule "$file" || continue
			case $what in
			'<hearth/clock.h>') ;;
			'<hearth/'* | '<google/'* | '<protobuf-c/'* | *.pb-c.h*)
				echo "$file:$line: a rule includes nothing of Hearth but <hearth/clock.h>: $what" ;;
			esac
		done < <(includes "$folder"*.[ch])
	done
}

check_format() {
	if ! command -v clang-format >/dev/null; then
		echo "lint: clang-format is not installed; the shape of the code was not compared" >&2
		return
	fi
	clang-format --dry-run -Werror "${code[@]}" 2>&1 | grep -E '^[^ ].*: (error|warning):' | sed 's/\[-W.*//'
}

{
	check_c
	check_sql
	check_contracts
	check_layers
	[ "${1:-}" != --format ] || check_format
} >"$breaches"

cat "$breaches"
[ ! -s "$breaches" ]
