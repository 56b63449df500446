#!/bin/bash
# run_tests.sh PROGRAM...: runs test programs and counts.
#
# One private PostgreSQL serves all programs that want one (HEARTH_TEST_PG is its socket directory); it is stopped at
# the end whatever happens. A program that crashes, passes its time limit or prints no summary counts as one failure.
# Says nothing but failures; everything is in $HEARTH_LOG, the logs of a failed suite's processes beside it. The last line is "N passed, N failed".
#
# Programs that do little but wait for what comes every few seconds run beside the others, one after another, by a second
# run of this script with a PostgreSQL of its own.
#
# HEARTH_BIN: programs; HEARTH_LOG: the log; TEST_LIMIT: seconds for each program instead of its kind's.
set -uo pipefail

waits() {
	case ${1##*/} in test_archive | test_audit | test_outbox | test_parking | test_turns) return 0 ;; esac
	return 1
}

bin=${HEARTH_BIN:-build/bin}
log=${HEARTH_LOG:-build/check.log}
passed=0
failed=0
child=
beside=

# What somebody has set for a suite of theirs is not for the tests.
for name in "${!HEARTH_@}"; do
	case $name in HEARTH_BIN | HEARTH_LOG | HEARTH_KEEP | HEARTH_SSDA903*) ;; *) unset "$name" ;; esac
done

export HEARTH_BIN=$bin
export CK_DEFAULT_TIMEOUT=${CK_DEFAULT_TIMEOUT:-60}
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:abort_on_error=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-ignore_noninstrumented_modules=1:halt_on_error=1}

work=$(mktemp -d /tmp/hearth-check.XXXXXX) || exit 1
# Reachable, not readable: a server that runs as another user lives in it.
chmod 711 "$work"
export HEARTH_TEST_DIR=$work
kept=${log%.log}-kept
rm -rf "$kept"
: >"$log"

end() {
	trap - EXIT INT TERM HUP
	if [ -n "$beside" ]; then
		kill -TERM "$beside" 2>/dev/null
		wait "$beside" 2>/dev/null
	fi
	if [ -n "$child" ]; then
		kill -TERM -- "-$child" 2>/dev/null || kill -TERM "$child" 2>/dev/null
		wait "$child" 2>/dev/null
	fi
	[ ! -e "$work/pg" ] || "$bin/hearth-private-pg" stop "$work/pg" >>"$log" 2>&1
	remove_left
	rm -rf "$work"
}

# What a server that could not live below $work has elsewhere; its note says where.
remove_left() {
	local place
	find "$work" -name postgres-is-at -exec cat {} + 2>/dev/null | while IFS= read -r place; do
		case $place in /var/tmp/hearth-pg-* | /tmp/hearth-s-*) rm -rf "$place" ;; esac
	done
}
trap end EXIT
trap 'end; exit 130' INT
trap 'end; exit 143' TERM HUP

say() {
	printf '%s\n' "$*"
	printf '%s\n' "$*" >>"$log"
}

limit_of() {
	case ${TEST_LIMIT:-$1} in
	*/unit/* | */contract/* | */fuzz/*) echo 120 ;;
	*/integration/*) echo 300 ;;
	*/journey/*) echo 600 ;;
	*/fault/*) echo 1200 ;;
	*) echo "$TEST_LIMIT" ;;
	esac
}

needs_database() {
	for program in "$@"; do
		case $program in */integration/* | */journey/* | */fault/*) return 0 ;; esac
	done
	return 1
}

# Runs one program; adds its counts.
run() {
	local program=$1 name=${1#*/tests/} limit code summary began=$SECONDS
	limit=$(limit_of "$program")
	printf '\n== %s\n' "$name" >>"$log"
	timeout -k 10 "$limit" "$program" </dev/null >"$work/out" 2>&1 &
	child=$!
	wait "$child"
	code=$?
	child=
	cat "$work/out" >>"$log"
	printf 'took %d s\n' "$((SECONDS - began))" >>"$log"
	summary=$(grep -aE '^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+' "$work/out" | tail -n 1)
	if [ -n "$summary" ]; then
		local checks failures errors
		read -r checks failures errors < <(sed -E 's/^[0-9]+%: Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+).*/\1 \2 \3/' <<<"$summary")
		passed=$((passed + checks - failures - errors))
		failed=$((failed + failures + errors))
		[ "$code" -eq 0 ] || [ $((failures + errors)) -gt 0 ] || failed=$((failed + 1))
	else
		failed=$((failed + 1))
	fi
	[ "$code" -ne 0 ] || [ -z "$summary" ] || return 0
	if [ "$code" -eq 124 ] || [ "$code" -eq 137 ]; then
		say "FAILED $name: over its limit of $limit s"
	elif [ "$code" -gt 128 ]; then
		say "FAILED $name: killed by signal $((code - 128))"
	elif [ -z "$summary" ]; then
		say "FAILED $name: exit code $code without a summary"
	else
		say "FAILED $name"
	fi
	grep -avE '^Running suite|^100%' "$work/out" | tail -n 40 | sed 's/^/  /'
	keep "$name"
}

# The logs of suites that a failed program has left.
keep() {
	local left
	for left in "$work"/s-*; do
		[ -d "$left" ] || continue
		mkdir -p "$kept/$1"
		cp "$left"/*.log "$kept/$1/" 2>/dev/null
		rm -rf "$left"
	done
	[ ! -d "$kept/$1" ] || say "  logs of its processes: $kept/$1"
}

# The programs that wait, when there are others too.
start_beside() {
	local program waiting=() rest=()
	for program in "$@"; do
		if waits "$program"; then waiting+=("$program"); else rest+=("$program"); fi
	done
	[ ${#waiting[@]} -gt 0 ] && [ ${#rest[@]} -gt 0 ] || return 1
	HEARTH_LOG=${log%.log}-beside.log "$0" "${waiting[@]}" >"$work/beside" 2>&1 &
	beside=$!
	programs=("${rest[@]}")
}

# What they came to: their failures, their part of the log, their counts.
end_beside() {
	local line
	[ -n "$beside" ] || return 0
	wait "$beside"
	beside=
	line=$(tail -n 1 "$work/beside")
	head -n -1 "$work/beside"
	head -n -1 "${log%.log}-beside.log" >>"$log"
	rm -f "${log%.log}-beside.log"
	if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
	else
		say "FAILED the programs beside: $line"
		failed=$((failed + 1))
	fi
}

programs=("$@")
start_beside "$@"
if needs_database "$@"; then
	if ! "$bin/hearth-private-pg" start "$work/pg" >"$work/out" 2>&1; then
		cat "$work/out" >>"$log"
		say "FAILED the private PostgreSQL did not start"
		tail -n 20 "$work/out"
		failed=$((failed + 1))
	fi
	HEARTH_TEST_PG=$("$bin/hearth-private-pg" socket "$work/pg" 2>>"$log")
	export HEARTH_TEST_PG
fi

for program in "${programs[@]}"; do
	run "$program"
done
end_beside
if [ $# -eq 0 ]; then
	say "no test program"
fi

end
echo "$passed passed, $failed failed" >>"$log"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
