#!/bin/bash
# run.sh: `make run`: a private PostgreSQL and two processes of every service, until Ctrl-C; the state is kept.
#
# State lies in .run/state. HEARTH_DATABASE_URL, when set, is used instead of a private PostgreSQL: a role that may make
# roles and schemas. Everything is started by this shell and ends with it.
set -uo pipefail

bin=${HEARTH_BIN:-build/bin}
state=.run/state
url=${HEARTH_DATABASE_URL:-}
pids=()

mkdir -p "$state/log" "$state/metrics" || exit 1
exec 9>"$state/lock"
if ! flock -n 9; then
	echo "make run: it runs already in this checkout" >&2
	exit 1
fi

sockets=${XDG_RUNTIME_DIR:-/tmp}/hearth-$(id -u)-$(realpath "$state" | cksum | cut -d' ' -f1)
mkdir -m 700 "$sockets" 2>/dev/null
if [ ! -d "$sockets" ] || [ -L "$sockets" ] || [ ! -O "$sockets" ]; then
	echo "make run: $sockets is not a directory of ours" >&2
	exit 1
fi
chmod 700 "$sockets"

end() {
	trap - EXIT INT TERM HUP
	[ ${#pids[@]} -eq 0 ] || kill -TERM "${pids[@]}" 2>/dev/null
	for pid in "${pids[@]}"; do
		wait "$pid" 2>/dev/null
	done
	[ -z "${postgres:-}" ] || { kill -TERM "$postgres" 2>/dev/null && wait "$postgres" 2>/dev/null; }
	rmdir "$sockets" 2>/dev/null
}
trap end EXIT
trap 'echo; echo "stopping"; exit 0' INT TERM HUP

# In a session of its own: Ctrl-C reaches this shell alone, which ends the services before the database.
if [ -z "$url" ]; then
	coproc database { exec setsid "$bin/hearth-private-pg" serve "$state/postgres" 9>&-; }
	postgres=$database_PID
	read -r _ <&"${database[0]}" || exit 1
	"$bin/hearth-private-pg" create "$state/postgres" hearth || exit 1
	url=$("$bin/hearth-private-pg" url "$state/postgres" hearth hearth)
	service_url=$("$bin/hearth-private-pg" url "$state/postgres" "" hearth)
else
	service_url=$url
fi

"$bin/hearth" migrate --admin-url "$url" || exit 1

start() {
	local service=${1##*/hearth-} index=$2 role=()
	[ -z "${HEARTH_DATABASE_URL:-}" ] || role=(--database-role "hearth_$service")
	setsid setpriv --pdeathsig TERM "$1" --listen "ipc://$sockets" --services "ipc://$sockets" --database-url "$service_url" "${role[@]}" \
		--metrics-directory "$state/metrics" </dev/null >>"$state/log/$service-$index.log" 2>&1 9>&- &
	pids+=($!)
}
for program in "$bin"/hearth-{placements,providers,referrals,finance,careleavers}; do
	[ -x "$program" ] || continue
	start "$program" 0
	start "$program" 1
done

cat <<TEXT

Hearth runs: two processes of every service; logs in $state/log. From another terminal:

  export HEARTH_SERVICES=ipc://$sockets
  $bin/hearth status
  $bin/hearth help

Ctrl-C stops it; the state is kept in $state.
TEXT

# Whichever ends first ends all: a service that stops by itself has said why in its log.
wait -n "${pids[@]}"
echo "make run: a service ended by itself; the end of the logs:" >&2
tail -n 3 "$state"/log/*.log >&2
exit 1
