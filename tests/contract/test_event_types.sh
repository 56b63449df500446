#!/usr/bin/env bash
# What is told, what is heard and what the command line can show name the same types with the same messages.
set -u
cd "$(dirname "$0")/../.." || exit 1
failures=0 checks=0

# "type message" of each row of the tables in these files.
rows() {
	grep -hoE '"hearth\.[a-z_]+\.[a-z0-9_]+\.v[0-9]+", *&hearth__[a-z0-9_]+__descriptor' "$@" | tr -d '",&' | sort -u
}

check() {
	checks=$((checks + 1))
	local said
	said=$("$1")
	[ -z "$said" ] && return
	failures=$((failures + 1))
	printf 'test_event_types.sh: %s:\n%s\n' "$1" "$said"
}

a_type_has_one_message_everywhere() {
	rows services/*/main.c services/*/events.c services/cli/contracts.c | awk '{ count[$1]++ } END { for (t in count) if (count[t] > 1) print t }'
}

the_command_line_shows_every_type() {
	comm -13 <(rows services/cli/contracts.c) <(rows services/{careleavers,finance,placements,providers,referrals}/{main,events}.c 2>/dev/null)
}

every_type_shown_is_told_by_a_service() {
	comm -23 <(rows services/cli/contracts.c) <(rows services/{careleavers,finance,placements,providers,referrals}/{main,events}.c 2>/dev/null)
}

there_are_types_at_all() {
	[ "$(rows services/cli/contracts.c | wc -l)" -ge 20 ] || echo "fewer than 20 were read: the tables have another form now"
}

check a_type_has_one_message_everywhere
check the_command_line_shows_every_type
check every_type_shown_is_told_by_a_service
check there_are_types_at_all
echo "$((100 * (checks - failures) / checks))%: Checks: $checks, Failures: $failures, Errors: 0"
[ "$failures" -eq 0 ]
