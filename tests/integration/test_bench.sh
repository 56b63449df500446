#!/bin/bash
# test_bench.sh: `make bench` works, and an echo costs no more instructions than it may. Prints the summary line that
# make check counts. Not under a sanitizer: callgrind and the times would say nothing.
set -uo pipefail

bin=${HEARTH_BIN:-build/bin}
most=9500
checks=0
failures=0
work=$(mktemp -d /tmp/hearth-bench-test.XXXXXX) || exit 1
declare -A running=()
trap 'for pid in "${running[@]}"; do kill "$pid"; done 2>/dev/null; rm -rf "$work"' EXIT

# check SENTENCE: the function of that name, in a shell of its own.
check() {
	checks=$((checks + 1))
	if ! ("$1") >"$work/out" 2>&1; then
		failures=$((failures + 1))
		echo "test_bench.sh: $1:"
		tail -n 30 "$work/out" | sed 's/^/  /'
	fi
}

every_figure_of_the_database_is_measured() {
	BENCH_TINY=1 HEARTH_BIN=$bin HEARTH_BUILD=$work tests/bench/run.sh || return 1
	cat "$work/bench.tsv"
	awk -F'\t' '
		NR == 1 { if ($0 != "figure\tours\treference\tratio") bad = 1; next }
		{ seen++; if (NF != 4 || $2 + 0 <= 0 || ($4 == "-" ? $1 !~ /^(pss_idle|nation_.*|failover_stop_ms|match_(p99|queue|queue_step|rebuild))$/ : $4 + 0 <= 0)) { bad = 1; print "bad:", $0 } }
		END { exit bad || seen != 32 }' "$work/bench.tsv"
}

an_echo_costs_no_more_instructions_than_it_may() {
	local few many each
	. tests/bench/instructions.sh
	few=$(ours_counted 1000) && many=$(ours_counted 6000) || return 1
	each=$(((many - few) / 5000))
	echo "$each user instructions a request, at most $most are allowed"
	[ "$few" -gt 0 ] && [ "$each" -gt 1000 ] && [ "$each" -le "$most" ]
}

if [ "${MODE:-release}" = release ]; then
	check every_figure_of_the_database_is_measured
	if command -v valgrind >/dev/null; then
		check an_echo_costs_no_more_instructions_than_it_may
	else
		echo "test_bench.sh: valgrind is not here: the instructions were not counted"
	fi
fi
echo "100%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
