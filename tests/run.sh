#!/bin/bash
# run.sh: `make run`: a private PostgreSQL and two processes of every service, until Ctrl-C; the state is kept.
#
# State lies in .run/state. HEARTH_DATABASE_URL, when set, is used instead of a private PostgreSQL: a role that may make
# roles and schemas. Everything is started by this shell and ends with it. A process that ends by itself is named and
# started again after a pause that doubles from 0.2 s to 5 s; the private PostgreSQL too, on the same data. Only when
# that cannot be started does the run end, with exit code 1.
set -uo pipefail

bin=${HEARTH_BIN:-build/bin}
state=.run/state
services=${HEARTH_RUN:-placements providers referrals finance careleavers}
url=${HEARTH_DATABASE_URL:-}
postgres=
declare -A program_of=() pid_of=() since=() pause=() due=()

say() {
	echo "make run: $*" >&3
}

exec 3>&2
mkdir -p "$state/log" "$state/metrics" || exit 1
exec 9>"$state/lock"
if ! flock -n 9; then
	say "it runs already in this checkout"
	exit 1
fi

# A socket's path has 107 bytes at most; "/careleavers-", an id and ".sock" take 54 of them.
name=hearth-$(id -u)-$(realpath "$state" | cksum | cut -d' ' -f1)
sockets=${XDG_RUNTIME_DIR:-/tmp}/$name
if [ "$(printf %s "$sockets" | wc -c)" -gt 53 ]; then
	say "XDG_RUNTIME_DIR is too long for a socket's path: /tmp/$name is used"
	sockets=/tmp/$name
fi
mkdir -m 700 "$sockets" 2>/dev/null
if [ ! -d "$sockets" ] || [ -L "$sockets" ] || [ ! -O "$sockets" ]; then
	say "$sockets is not a directory of ours"
	exit 1
fi
chmod 700 "$sockets"

# From here on a further Ctrl-C changes nothing: what was started is ended in order.
end() {
	trap '' INT TERM HUP
	trap - EXIT
	[ ${#pid_of[@]} -eq 0 ] || kill -TERM "${pid_of[@]}" 2>/dev/null
	for slot in "${!pid_of[@]}"; do
		wait "${pid_of[$slot]}" 2>/dev/null
	done
	[ -z "$postgres" ] || { kill -TERM "$postgres" && wait "$postgres"; } 2>/dev/null
	rm -rf "$sockets" "$state/ready"
}
trap end EXIT
trap 'trap "" INT TERM HUP; echo; echo "stopping"; exit 0' INT TERM HUP

# In a session of its own: Ctrl-C reaches this shell alone, which ends the services before the database.
start_database() {
	: >"$state/ready"
	setsid "$bin/hearth-private-pg" serve "$state/postgres" </dev/null >"$state/ready" 2>&3 3>&- 8>&- 9>&- &
	postgres=$!
	until [ -s "$state/ready" ]; do
		kill -0 "$postgres" 2>/dev/null || return 1
		sleep 0.1
	done
}

start() {
	local slot=$1 program=${program_of[$1]} service role=()
	service=${program##*/hearth-}
	[ -z "${HEARTH_DATABASE_URL:-}" ] || role=(--database-role "hearth_$service")
	setsid setpriv --pdeathsig TERM "$program" --listen "ipc://$sockets" --services "ipc://$sockets" \
		--database-url "$service_url" "${role[@]}" --metrics-directory "$state/metrics" \
		</dev/null >>"$state/log/$slot.log" 2>&1 3>&- 8>&- 9>&- &
	pid_of[$slot]=$!
	since[$slot]=$(now)
	unset "due[$slot]"
}

# Milliseconds.
now() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

how() {
	local code=$1
	if [ "$code" -gt 128 ]; then
		echo "was ended by signal $((code - 128)) ($(kill -l "$code"))"
	else
		echo "ended with exit code $code"
	fi
}

# What ended is named now and started again when its pause is over; one that had run for ten seconds waits shortly again.
service_ended() {
	local slot=$1 code=$2 at wait
	at=$(now)
	if [ $((at - since[$slot])) -ge 10000 ]; then
		pause[$slot]=200
	fi
	wait=$((pause[$slot] / 1000)).$((pause[$slot] % 1000 / 100))
	say "hearth-${slot%-*} (log $state/log/$slot.log) $(how "$code"); it starts again in $wait s"
	[ "$code" -gt 128 ] || tail -n 2 "$state/log/$slot.log" >&3
	unset "pid_of[$slot]"
	due[$slot]=$((at + pause[$slot]))
	pause[$slot]=$((pause[$slot] * 2 > 5000 ? 5000 : pause[$slot] * 2))
}

# Its keeper, which starts a killed server again by itself, is gone; the server stops with it.
database_ended() {
	local code=$1
	say "the keeper of the private PostgreSQL $(how "$code")"
	postgres=
	if [ "$code" -gt 128 ]; then
		for _ in {1..300}; do
			"$bin/hearth-private-pg" socket "$state/postgres" >/dev/null 2>&1 || break
			sleep 0.1
		done
		start_database && say "the private PostgreSQL is started again on the same data" && return
		postgres=
	fi
	say "the private PostgreSQL cannot be started; its data are kept in $state/postgres"
	exit 1
}

if [ -z "$url" ]; then
	start_database || exit 1
	"$bin/hearth-private-pg" create "$state/postgres" hearth || exit 1
	url=$("$bin/hearth-private-pg" url "$state/postgres" hearth hearth)
	service_url=$("$bin/hearth-private-pg" url "$state/postgres" "" hearth)
	# Asking for a role's address lets us be it.
	for service in $services; do
		"$bin/hearth-private-pg" url "$state/postgres" "hearth_$service" hearth >/dev/null || exit 1
	done
else
	service_url=$url
fi

if ! "$bin/hearth" migrate --admin-url "$url"; then
	[ -z "${HEARTH_DATABASE_URL:-}" ] || say "the database is the one of HEARTH_DATABASE_URL"
	exit 1
fi

# The shell's own remarks on processes that were killed: said better below.
exec 2>>"$state/log/run.log"

for service in $services; do
	program=$bin/hearth-$service
	[ -x "$program" ] || continue
	for index in 0 1; do
		slot=${program##*/hearth-}-$index
		program_of[$slot]=$program
		pause[$slot]=200
		start "$slot"
	done
done

cat <<TEXT

Hearth runs: two processes of every service; logs in $state/log. From another terminal:

  export HEARTH_SERVICES=ipc://$sockets
  $bin/hearth status
  $bin/hearth help

Any process may be killed: it is said here, and it is started again. Ctrl-C stops all; the state is kept in $state.
TEXT

# A descriptor that nobody writes to: reading it is a pause without a process.
mkfifo "$sockets/pause" && exec 8<>"$sockets/pause" && rm "$sockets/pause" || exit 1
while :; do
	read -r -t 0.2 -u 8
	if [ -n "$postgres" ] && ! kill -0 "$postgres" 2>/dev/null; then
		wait "$postgres"
		database_ended $?
	fi
	for slot in "${!program_of[@]}"; do
		if [ -n "${due[$slot]:-}" ]; then
			[ "$(now)" -lt "${due[$slot]}" ] || start "$slot"
		elif ! kill -0 "${pid_of[$slot]}" 2>/dev/null; then
			wait "${pid_of[$slot]}"
			service_ended "$slot" $?
		fi
	done
done
