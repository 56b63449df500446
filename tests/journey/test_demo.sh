#!/bin/bash
# test_demo.sh: what `make demo` promises of other people's servers and of failure. Prints the summary line that make
# check counts.
set -uo pipefail

bin=${HEARTH_BIN:-build/bin}
checks=0
failures=0
work=$(mktemp -d "${HEARTH_TEST_DIR:-/tmp}/demo.XXXXXX") || exit 1
chmod 711 "$work"

end() {
	"$bin/hearth-private-pg" stop "$work/pg"
	find "$work" -name postgres-is-at -exec cat {} + | while IFS= read -r place; do
		case $place in /var/tmp/hearth-pg-* | /tmp/hearth-s-*) rm -rf "$place" ;; esac
	done
	rm -rf "$work"
}
trap end EXIT

# check SENTENCE: the function of that name, in a shell of its own.
check() {
	checks=$((checks + 1))
	if ! ("$1") >"$work/out" 2>&1; then
		failures=$((failures + 1))
		echo "test_demo.sh: $1:"
		tail -n 30 "$work/out" | sed 's/^/  /'
	fi
}

server() {
	"$bin/hearth-private-pg" url "$work/pg" "$1" postgres
}

# Databases and roles.
inventory() {
	psql "$(server hearth)" -XAtc 'SELECT datname FROM pg_database ORDER BY 1' -c 'SELECT rolname FROM pg_roles ORDER BY 1'
}

# An administrator who is no superuser, with settings of a suite elsewhere.
another_server_is_left_as_it_was() {
	inventory >"$work/before"
	HEARTH_DATABASE_URL=$(server deputy) HEARTH_AUTHORITY=998 HEARTH_SERVICES=ipc:///nowhere "$bin/hearth-demo" || return 1
	inventory | diff "$work/before" - && [ "$(wc -l <"$work/before")" -gt 3 ]
}

a_server_that_is_not_there_is_a_failure() {
	! HEARTH_DATABASE_URL="host='$work/none'" "$bin/hearth-demo" 2>"$work/said" && grep HEARTH_DATABASE_URL "$work/said"
}

a_folder_without_returns_is_a_failure() {
	mkdir "$work/empty"
	! HEARTH_DATABASE_URL=$(server deputy) "$bin/hearth-demo" "$work/empty" >"$work/said" 2>&1 && inventory | diff "$work/before" - &&
		grep 'holds no table of a return' "$work/said" && ! grep 'services started' "$work/said"
}

a_folder_that_is_not_there_is_a_failure() {
	! "$bin/hearth-demo" "$work/none" 2>"$work/said" && grep 'no such directory' "$work/said"
}

# Nothing is started by either: the lock is the first thing that a private demo takes.
a_second_private_demo_is_refused() {
	local program
	program=$(realpath "$bin/hearth-demo")
	mkdir -p "$work/checkout/.run" && cd "$work/checkout" || return 1
	! flock .run/demo.lock "$program" 2>../said && grep 'another make demo' ../said
}

"$bin/hearth-private-pg" start "$work/pg" && psql "$(server hearth)" -Xqc 'CREATE ROLE deputy LOGIN CREATEDB CREATEROLE' ||
	failures=1
check another_server_is_left_as_it_was
check a_server_that_is_not_there_is_a_failure
check a_folder_without_returns_is_a_failure
check a_folder_that_is_not_there_is_a_failure
check a_second_private_demo_is_refused
echo "$((100 * (checks - failures) / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
