#!/bin/bash
# test_build.sh: what the build, the installation and the linter promise. Prints the summary line that make check counts.
set -uo pipefail
unset MAKEFLAGS MFLAGS MAKELEVEL MAKECMDGOALS

build=${BUILD:-build}
mode=${MODE:-release}
bin=${HEARTH_BIN:-build/bin}
checks=0
failures=0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check SENTENCE: the function of that name, in a shell of its own.
check() {
	checks=$((checks + 1))
	if ! ("$1") >"$work/out" 2>&1; then
		failures=$((failures + 1))
		echo "test_build.sh: $1:"
		tail -n 30 "$work/out" | sed 's/^/  /'
	fi
}

hearth_make() {
	make --no-print-directory BUILD="$build" MODE="$mode" "$@"
}

a_second_make_does_nothing() {
	hearth_make -q all || { hearth_make -n --debug=v all | grep -E 'is newer than|does not exist' | head -n 20; return 1; }
}

# What make would link if the contract were newer, one program a line.
relinked_by() {
	hearth_make -n -W "$1" all | sed -nE "s/^printf .* LINK '?([^' ]*)'?$/\1/p" | sed 's,.*/,,' | sort | tr '\n' ' '
}

touching_a_contract_relinks_its_users_alone() {
	local users expected
	users=$(relinked_by proto/hearth/finance/v1/finance.proto)
	expected="hearth hearth-finance "
	[ "$users" = "$expected" ] || { echo "finance.proto relinks: $users; wanted: $expected"; return 1; }
}

touching_an_event_contract_relinks_teller_and_hearers() {
	local service users expected
	users=$(relinked_by proto/hearth/placements/v1/events.proto)
	expected=$({ echo hearth; grep -lE '<hearth/placements/v1/(events|placements)\.pb-c\.h>' services/*/*.c |
		sed -E 's,services/([^/]*)/.*,hearth-\1,; s,hearth-cli,hearth,'; } | sort -u | tr '\n' ' ')
	[ "$users" = "$expected" ] || { echo "events.proto relinks: $users; wanted: $expected"; return 1; }
}

touching_the_shared_contract_relinks_everything() {
	local users
	users=$(relinked_by proto/hearth/v1/common.proto)
	for program in libhearth.so hearth "$bin"/hearth-{placements,providers,referrals,finance,careleavers}; do
		case " $users" in
		*" ${program##*/} "*) ;;
		*) [ "${program##*/}" != "$program" ] && [ ! -e "$program" ] || { echo "not relinked: $program"; return 1; } ;;
		esac
	done
}

help_needs_no_compiler() {
	mkdir -p "$work/tools"
	local tool
	for tool in bash make sed cat awk find sort nproc mkdir grep; do
		ln -sf "$(command -v $tool)" "$work/tools/$tool"
	done
	PATH=$work/tools make --no-print-directory BUILD="$work/none" help >"$work/help" || return 1
	grep -q '^make check ' "$work/help" && [ ! -e "$work/none" ]
}

an_installed_hearth_builds_a_client_outside_the_tree() {
	local root=$work/"installed here" out=$work/outside
	[ "$mode" = release ] || return 0
	mkdir -p "$out"
	hearth_make install DESTDIR="$root" PREFIX=/usr || return 1
	cp tests/contract/outside_client.c "$out/client.c"
	cd "$out" || return 1
	export PKG_CONFIG_PATH="$root/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR=
	# pkg-config cannot know of DESTDIR; a real installation needs no such words.
	gcc -std=c17 -Wall -Wextra -Werror client.c -o client -I"$root/usr/include" $(pkg-config --cflags libprotobuf-c) \
		-L"$root/usr/lib" $(pkg-config --libs hearth | sed 's,-L[^ ]*,,') || return 1
	LD_LIBRARY_PATH="$root/usr/lib" ./client || return 1
	[ -x "$root/usr/bin/hearth" ] && [ -e "$root/usr/share/hearth/proto/hearth/v1/common.proto" ] &&
		[ -e "$root/usr/include/hearth/v1/common.pb-c.h" ] &&
		bash -n "$root/usr/share/bash-completion/completions/hearth" && [ -s "$root/usr/share/zsh/site-functions/_hearth" ]
}

the_linter_finds_each_kind_of_breach() {
	local tree=$work/planted
	mkdir -p "$tree/services/one/sql" "$tree/services/two" "$tree/tests" "$tree/include/hearth" "$tree/proto"
	cp tests/lint.sh "$tree/tests/"
	{
		echo '/* rule.c: text */'
		printf 'void f(void)\n{\n'
		for _ in $(seq 101); do printf '\tg();\n'; done
		printf '}\n'
		echo 'void h(char *a) { strcpy(a, "x"); } /* and strcat( in a comment, "sprintf(" in a text */'
		echo 'const char *t = "atoi(";'
		echo 'long now(void) { return time(NULL); } /* hearth_clock_now is the door */'
	} >"$tree/services/one/rule.c"
	printf '/* rule.h: text */\n#include <hearth/service.h>\n#include "../two/two.h"\n' >"$tree/services/one/rule.h"
	{ echo '/* long.c: text */'; yes 'int a;' | head -n 600; } >"$tree/services/two/long.c"
	printf 'int bare;\n' >"$tree/services/two/bare.c"
	printf '/* two.c: text */\n#include <hearth/client.h>\n' >"$tree/services/two/two.c"
	printf -- '-- Good: count(*) and a * b are no stars.\nSELECT count(*), a * b FROM t\n' >"$tree/services/one/sql/good.sql"
	printf -- '-- Bad.\nSELECT\n\t*\nFROM t WHERE day = current_date AND at < now()\n' >"$tree/services/one/sql/bad.sql"
	printf '// Text.\nservice S {\n  rpc Bare(BareRequest) returns (BareResponse);\n  // Text.\n  rpc Good(GoodRequest) returns (GoodResponse);\n}\nmessage BareRequest {}\nmessage Thing {}\n\nenum E {\n}\n' \
		>"$tree/proto/one.proto"
	"$tree/tests/lint.sh" >"$work/found" && { echo "nothing found"; return 1; }
	sort "$work/found" >"$work/sorted"
	sort >"$work/wanted" <<'WANTED'
proto/one.proto:10: enum E has no comment that says what it is
proto/one.proto:3: rpc Bare(BareRequest) has no comment that says what it is
proto/one.proto:8: message Thing has no comment that says what it is
services/one/rule.c:106: banned function:  strcpy()
services/one/rule.c:108: banned function:  time()
services/one/rule.c:3: function of 101 lines, at most 100
services/one/rule.h:2: a rule includes nothing of Hearth but <hearth/clock.h>: <hearth/service.h>
services/one/rule.h:3: a service includes no other part's header: "../two/two.h"
services/one/sql/bad.sql:3: `*` as a select item: name the columns
services/one/sql/bad.sql:4: the clock is :now and :today
services/one/sql/bad.sql:4: the clock is :now and :today
services/two/bare.c:1: no opening comment that says what the file is for
services/two/two.c:2: services do not call each other: what one needs of another comes by events
services/two/long.c:601: file over 600 lines
WANTED
	diff "$work/wanted" "$work/sorted"
}

the_tree_is_clean_of_breaches() {
	tests/lint.sh
}

the_dependencies_say_nothing_when_all_is_there() {
	[ -z "$(tests/support/deps.sh install 2>&1)" ]
}

check a_second_make_does_nothing
check touching_a_contract_relinks_its_users_alone
check touching_an_event_contract_relinks_teller_and_hearers
check touching_the_shared_contract_relinks_everything
check help_needs_no_compiler
check an_installed_hearth_builds_a_client_outside_the_tree
check the_linter_finds_each_kind_of_breach
check the_tree_is_clean_of_breaches
check the_dependencies_say_nothing_when_all_is_there
echo "$((100 * (checks - failures) / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
