#!/bin/bash
# test_compose_keys.sh: the keys of the containers: made once, each secret with its owner, changed and finished.
set -uo pipefail
export LC_ALL=C
bin=$(realpath "${HEARTH_BIN:-build/bin}")
script=$(realpath "$(dirname "$0")/../../compose/keys.sh")
work=$(mktemp -d "${HEARTH_TEST_DIR:-/tmp}/compose-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
checks=0
failures=0

check() {
	local name=$1
	shift
	checks=$((checks + 1))
	"$@" && return
	failures=$((failures + 1))
	echo "$0:1:F:compose_keys:$name"
}

keys() {
	PATH=$bin:$PATH KEYS=$work/keys SECRETS=$work/secrets OWNER=$(id -un) "$script" "$@" >>"$work/said" 2>&1
}

fingerprints() {
	"$bin/hearth" --keys "$work/keys" keys list | awk '{ print $1, $2, $3, $4 }'
}

each_secret_is_its_owners() {
	local name
	for name in placements finance operator; do
		[ "$(stat -c %a:%U "$work/secrets/$name/secret")" = "600:$(id -un)" ] || return 1
	done
	[ ! -e "$work/keys/placements.secret" ]
}

mkdir -p "$work/keys" "$work/secrets/placements" "$work/secrets/finance" "$work/secrets/operator"
check keys_are_made keys make
check each_secret_is_its_owners each_secret_is_its_owners
check three_are_known test "$(fingerprints | grep -c current)" = 3
check an_operator_is_one grep -q "^operator operator current" <(fingerprints)
before=$(fingerprints)
check a_second_make_is_well keys make
check a_second_make_changes_nothing test "$before" = "$(fingerprints)"
check a_key_is_rotated keys rotate placements
check both_are_known test "$(fingerprints | grep -c '^placements')" = 2
check rotated_secrets_are_their_owners each_secret_is_its_owners
check a_change_is_finished keys finish placements
check one_is_left test "$(fingerprints | grep -c '^placements')" = 1
check it_is_another test "$before" != "$(fingerprints)"
check nonsense_is_refused eval '! keys dance'
echo "$((100 * (checks - failures) / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
