#!/bin/bash
# test_completion.sh: bash's completion of `hearth`, as a shell does it: the words typed, the words offered. One service
# runs, one that the command line was not built with. Prints the summary line that make check counts.
set -uo pipefail

bin=$(realpath "${HEARTH_BIN:-build/bin}")
checks=0
failures=0
work=$(mktemp -d /tmp/hearth-completion.XXXXXX) || exit 1
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
unset ${!HEARTH_@}
export HEARTH_SERVICES=ipc://$work XDG_RUNTIME_DIR=$work
PATH=$bin:$PATH

# check SENTENCE: the function of that name, in a shell of its own.
check() {
	checks=$((checks + 1))
	if ! ("$1") >"$work/out" 2>&1; then
		failures=$((failures + 1))
		echo "test_completion.sh: $1:"
		tail -n 30 "$work/out" | sed 's/^/  /'
	fi
}

# offered WORD...: what is offered for the last word, one a line.
offered() {
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	COMPREPLY=()
	_hearth
	[ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
}

# offers WANTED WORD...: it is among them. only WANTED WORD...: nothing else is.
offers() {
	local wanted=$1
	shift
	offered "$@" | grep -xF -- "$wanted" >/dev/null || { echo "no \"$wanted\" for: $*"; offered "$@"; return 1; }
}
only() {
	local wanted=$1
	shift
	[ "$(offered "$@")" = "$wanted" ] || { echo "not \"$wanted\" alone for: $*"; offered "$@"; return 1; }
}

the_script_is_bash_and_is_registered() {
	bash -n <(hearth completion bash) && complete -p hearth | grep -- "-F _hearth" >/dev/null
}

commands_are_offered() {
	offers call hearth "" && offers describe hearth "" && only completion hearth comp && only migrate hearth help mig
}

flags_of_the_command_and_the_global_ones_are_offered() {
	only --request-id hearth call --req && only --authority hearth call --auth && offers --cursor hearth watch -- &&
		only --year hearth import ssda903 --ye && [ -z "$(offered hearth call --nothing)" ]
}

fixed_words_are_offered() {
	only ssda903 hearth import ss && only roles hearth list ro && only bash hearth completion b
}

services_are_offered_also_those_found_by_their_sockets() {
	only bench hearth list be && only bench hearth describe be && only careleavers hearth watch --service ca
}

methods_are_asked_of_the_running_suite() {
	only bench/Echo hearth call bench/E && offers bench/GetDescriptors hearth call "" && only bench.Echo hearth describe bench.E
}

a_dead_suite_offers_nothing_and_says_nothing() {
	export HEARTH_SERVICES=ipc://$work/nowhere
	cd "$work" || return 1
	[ -z "$(offered hearth call x 2>&1)" ] && only call hearth ca
}

files_are_offered_where_nothing_else_is() {
	cd "$work" || return 1
	touch request.json
	only @request.json hearth call bench/Echo @req && only request.json hearth import homes req
}

"$bin/bench_echo_server" --services "ipc://$work" --metrics "" >"$work/log" 2>&1 &
server=$!
for _ in $(seq 100); do
	hearth call bench/Check >/dev/null 2>&1 && break
	sleep 0.1
done
source <(hearth completion bash)

check the_script_is_bash_and_is_registered
check commands_are_offered
check flags_of_the_command_and_the_global_ones_are_offered
check fixed_words_are_offered
check services_are_offered_also_those_found_by_their_sockets
check methods_are_asked_of_the_running_suite
check a_dead_suite_offers_nothing_and_says_nothing
check files_are_offered_where_nothing_else_is
echo "$((100 * (checks - failures) / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
