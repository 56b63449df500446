#!/bin/bash
# test_add_a_service.sh: docs/add-a-service.md does what it says: its files, taken out of its text into a copy of this
# tree, build, migrate and run as a service of the suite. Prints the summary line that make check counts.
set -uo pipefail

page=docs/add-a-service.md
build=${BUILD:-build}
mode=${MODE:-release}
checks=0
failures=0
runner=
here=$PWD
work=$(mktemp -d "${HEARTH_TEST_DIR:-/tmp}/add-a-service.XXXXXX") || exit 1
chmod 711 "$work"
copy=$work/hearth

end() {
	[ -z "$runner" ] || { kill -TERM "$runner" && wait "$runner"; } 2>/dev/null
	rm -rf "$work"
}
trap end EXIT

check() {
	checks=$((checks + 1))
	if ! "$1" >"$work/out" 2>&1; then
		failures=$((failures + 1))
		echo "test_add_a_service.sh: $1:"
		tail -n 30 "$work/out" | sed 's/^/  /'
	fi
}

# What the page calls a file is one; a patch says after and before which lines its lines go.
write_files() {
	awk -v root="$copy" '
		/^```[a-z]+ file=/ && !inside {
			path = $2; sub(/^file=/, "", path); path = root "/" path
			inside = 1; patch = $1 == "```patch"
			if (!patch) { folder = path; sub(/\/[^\/]*$/, "", folder); system("mkdir -p \"" folder "\""); printf "" > path; files++ }
			else { target = path; count = 0 }
			next
		}
		/^```$/ && inside { if (patch) apply(); else close(path); inside = 0; next }
		inside && patch && /^(after|before): / { count++; how[count] = $1; where[count] = substr($0, length($1) + 2); text[count] = ""; next }
		inside && patch { text[count] = text[count] $0 "\n"; next }
		inside { print > path }
		function apply(   line, lines, i, n, used) {
			while ((getline line < target) > 0) lines[++n] = line
			close(target)
			for (i = 1; i <= n; i++) {
				for (used = 1; used <= count; used++) if (how[used] == "before:" && lines[i] == where[used]) { printf "%s", text[used] > target; applied++ }
				print lines[i] > target
				for (used = 1; used <= count; used++) if (how[used] == "after:" && lines[i] == where[used]) { printf "%s", text[used] > target; applied++ }
			}
			close(target)
			if (applied < count) { print "of " count " changes to " target " only " applied " found their line"; exit 1 }
		}
		END { print files " files"; if (files < 10) exit 1 }' "$page"
}

# The sources of this tree, and what is built of them, so that only what is new is compiled.
make_copy() {
	mkdir -p "$copy/$build" && cp -a Makefile services proto include "$copy" || return 1
	mkdir -p "$copy/tests" && cp -a tests/support tests/lint.sh tests/run.sh "$copy/tests" || return 1
	tar -C "$build" --exclude="$mode/tests" --exclude="$mode/obj/tests" --exclude="*.log" -cf - gen deps.stamp "$mode" \
		$([ "$mode" = release ] && echo bin) | tar -C "$copy/$build" -xf -
}

the_page_holds_a_whole_service() {
	make_copy && write_files
}

# The package's own make, not the one that runs this test.
it_builds_without_a_change_to_the_makefile() {
	(cd "$copy" && unset MAKEFLAGS MFLAGS MAKELEVEL && make BUILD="$build" MODE="$mode" all "$bin/hearth-private-pg") &&
		[ -x "$copy/$bin/hearth-visits" ]
}

the_linter_finds_nothing_in_it() {
	(cd "$copy" && tests/lint.sh)
}

it_runs_in_the_suite() {
	cd "$copy" || return 1
	HEARTH_BIN=$bin HEARTH_RUN="placements visits" XDG_RUNTIME_DIR=$work tests/run.sh >"$work/run" 2>&1 &
	runner=$!
	cd "$here" || return 1
	for _ in {1..300}; do
		grep -q '^  export HEARTH_SERVICES=' "$work/run" && break
		kill -0 "$runner" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/run"
	address=$(sed -n 's/^  export HEARTH_SERVICES=//p' "$work/run")
	[ -n "$address" ]
}

its_commands_do_what_the_page_says() {
	awk '/^```sh try$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$page" >"$work/try.sh"
	PATH=$copy/$bin:$PATH HEARTH_SERVICES=$address HEARTH_AUTHORITY=999 HEARTH_TIMEOUT=20 bash "$work/try.sh" >"$work/tried" 2>&1
	cat "$work/tried"
	grep -q 'Records a visit' "$work/tried" && grep -q 'NOT_PLACED' "$work/tried" && grep -q 'refused, as it should be' "$work/tried" &&
		grep -q '"seenAlone": true' "$work/tried" && grep -q 'hearth.visit.recorded.v1' "$work/tried"
}

bin=$build/$([ "$mode" = release ] && echo bin || echo "$mode/bin")
check the_page_holds_a_whole_service
check it_builds_without_a_change_to_the_makefile
check the_linter_finds_nothing_in_it
check it_runs_in_the_suite
check its_commands_do_what_the_page_says
echo "$((100 * (checks - failures) / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
