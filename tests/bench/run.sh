#!/bin/bash
# run.sh: `make bench`: measures Hearth against references on this machine, interleaved, and writes the table.
#
# Writes bench.tsv (figure, ours, reference, ratio) and bench-spread.tsv (every run) into $HEARTH_BUILD. README.md beside
# this file says what each figure and each reference is. Everything it starts ends with it.
#
# BENCH_RUNS (7), BENCH_SECONDS (1), BENCH_ONLY ("echo write": parts by name), BENCH_TINY=1: a few seconds, no gRPC, no
# callgrind, numbers worth nothing: the test that this works.
set -uo pipefail
export LC_ALL=C

bin=$(realpath "${HEARTH_BIN:-build/bin}")
build=${HEARTH_BUILD:-build}
tiny=${BENCH_TINY:-}
runs=${BENCH_RUNS:-${tiny:+1}}
runs=${runs:-7}
seconds=${BENCH_SECONDS:-${tiny:+0.3}}
seconds=${seconds:-1}
warm=${tiny:+0.1}
warm=${warm:-0.3}
parts=${BENCH_ONLY:-echo curve instructions write read busy events import nation idle failover scale match}
here=$(realpath "$(dirname "$0")")
services=$here/../../services
clients=${tiny:+2}
clients=${clients:-1 8 32 64}
pg_seconds=$(awk -v s="$seconds" 'BEGIN { print (s < 1 ? 1 : int(s * 2)) }')
lock='SELECT pg_advisory_xact_lock(7)'

mkdir -p "$build" || exit 1
work=$(mktemp -d /tmp/hearth-bench.XXXXXX) || exit 1
chmod 755 "$work"
samples=$work/samples.tsv
: >"$samples"
postgres=
declare -A running=()

end() {
	trap - EXIT INT TERM HUP
	[ ${#running[@]} -eq 0 ] || kill -TERM "${running[@]}" 2>/dev/null
	for name in "${!running[@]}"; do
		wait "${running[$name]}" 2>/dev/null
	done
	[ -z "$postgres" ] || { kill -TERM "$postgres" 2>/dev/null && wait "$postgres" 2>/dev/null; }
	rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
	echo "bench: $*" >&2
	tail -n 5 "$work"/*.log >&2 2>/dev/null
	exit 1
}

wants() {
	[[ " $parts " == *" $1 "* ]]
}

# ---- programs ----------------------------------------------------------------------------------------------------------

# launch NAME PROGRAM...: in the background; ends with this shell.
launch() {
	local name=$1
	shift
	setpriv --pdeathsig TERM "$@" </dev/null >"$work/$name.log" 2>&1 &
	running[$name]=$!
}

halt() {
	local name pid
	for name in "$@"; do
		pid=${running[$name]:-}
		[ -n "$pid" ] || continue
		kill -TERM "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		unset "running[$name]"
	done
}

# service NAME[@NUMBER] [FLAG...]: one process of a service, ready to be called.
service() {
	local name=$1
	shift
	launch "$name" "$bin/hearth-${name%@*}" --listen "ipc://$work" --services "ipc://$work" --database-url "$service_url" "$@"
	for _ in $(seq 100); do
		grep -q "database ready=yes" "$work/$name.log" && return 0
		sleep 0.1
	done
	fail "$name did not become ready"
}

# load MODE ADDRESS IN_FLIGHT [RATE [gap]]: rate p50 p99 (or the longest wait); an error ends the bench.
load() {
	local out
	out=$("$bin/bench_load" "$1" "$2" "$3" "$seconds" "$warm" ${4:+"$4"} ${5:+"$5"} 2>>"$work/load.log") || fail "load $* failed"
	[ "${out##* }" = 0 ] || fail "load $*: ${out##* } calls failed"
	echo "$out"
}

# say FIGURE OURS REFERENCE: one run's pair ("-": no reference).
say() {
	printf '%s\t%s\t%s\n' "$1" "$2" "$3" >>"$samples"
}

# word NUMBER WORD...
word() {
	local number=$1
	shift
	echo "${!number:?a number is missing}"
}

# ---- PostgreSQL --------------------------------------------------------------------------------------------------------

start_postgres() {
	local socket
	coproc database { exec setpriv --pdeathsig TERM "$bin/hearth-private-pg" serve "$work/pg" 2>>"$work/pg.log"; }
	postgres=$database_PID
	read -r socket <&"${database[0]}" || fail "the private PostgreSQL did not start"
	export PGHOST=$socket PGUSER=hearth PGDATABASE=bench
	export PGOPTIONS="-c TimeZone=UTC -c DateStyle=ISO -c jit=off"
	"$bin/hearth-private-pg" create "$work/pg" bench || exit 1
	service_url=$("$bin/hearth-private-pg" url "$work/pg" "" bench)
	pgbench=$(pg_config --bindir 2>/dev/null)/pgbench
	[ -x "$pgbench" ] || pgbench=$(printf '%s\n' /usr/lib/postgresql/*/bin/pgbench | sort -V | tail -n 1)
	[ -x "$pgbench" ] || fail "there is no pgbench"
	"$bin/hearth" migrate --admin-url "$("$bin/hearth-private-pg" url "$work/pg" hearth bench)" >>"$work/migrate.log" 2>&1 ||
		fail "hearth migrate failed"
}

stop_postgres() {
	kill -TERM "$postgres" 2>/dev/null
	wait "$postgres" 2>/dev/null
	postgres=
}

sql() {
	psql -X -q -A -t -v ON_ERROR_STOP=1 "$@" 2>>"$work/psql.log" || fail "psql $* failed"
}

# pgbench_best SCHEMA SCRIPT [OPTION...]: the best of several numbers of clients.
pgbench_best() {
	local schema=$1 script=$2 best=0 count tps
	shift 2
	for count in $clients; do
		tps=$(PGOPTIONS="$PGOPTIONS -c search_path=$schema $*" "$pgbench" -n -M prepared -c "$count" \
			-j "$((count > 2 ? 2 : count))" -T "$pg_seconds" -f "$script" 2>>"$work/pgbench.log" |
			sed -n 's/^tps = \([0-9.]*\) .*/\1/p')
		[ -n "$tps" ] || fail "pgbench -c $count -f $script failed"
		best=$(awk -v a="$best" -v b="$tps" 'BEGIN { printf "%.0f\n", (a > b ? a : b) }')
	done
	echo "$best"
}

# statement FORM SERVICE FILE [VALUES [LOCK]]
statement() {
	awk -v form="$1" -v values="${4:-}" -v lock="${5:-}" -f "$here/statement.awk" "$services/$2/sql/$3.sql" ||
		fail "statement $2/$3"
}

# bench_sql in a schema, with the service's own settings of a session.
direct() {
	local schema=$1
	shift
	PGOPTIONS="$PGOPTIONS -c search_path=$schema" "$bin/bench_sql" "$@" 2>>"$work/direct.log" || fail "bench_sql $* failed"
}

# ---- echo --------------------------------------------------------------------------------------------------------------

grpc=$build/bench-grpc/grpc_echo

build_grpc() {
	local made=$build/bench-grpc
	"$here/deps.sh" || return 1
	mkdir -p "$made"
	[ "$grpc" -nt "$here/grpc_echo.cc" ] && [ "$grpc" -nt "$here/../../proto/hearth/bench/v1/bench.proto" ] && return 0
	echo "bench: building the gRPC reference (about half a minute)"
	(cd "$here/../.." && protoc -Iproto --cpp_out="$made" --grpc_out="$made" \
		--plugin=protoc-gen-grpc="$(command -v grpc_cpp_plugin)" proto/hearth/bench/v1/bench.proto) &&
		g++ -std=c++17 -O2 -I"$made" -o "$grpc" "$here/grpc_echo.cc" "$made"/hearth/bench/v1/*.pb.cc \
			$(pkg-config --cflags --libs grpc++ protobuf) >"$work/grpc-build.log" 2>&1
}

start_echo() {
	port=$((20000 + $$ % 20000))
	launch bench "$bin/bench_echo_server" --listen "ipc://$work,tcp://127.0.0.1:$port" --services "ipc://$work" --metrics ""
	for _ in $(seq 100); do
		compgen -G "$work/bench-*.sock" >/dev/null && return 0
		sleep 0.1
	done
	fail "the echo server did not start"
}

echo_once() {
	local ours theirs
	ours=$(load echo "ipc://$work" 64) || exit 1
	theirs=$("$grpc" client "unix:$work/grpc.sock" 64 "$seconds" "$warm") || fail "grpc client"
	say echo_rps "$(word 1 $ours)" "$(word 1 $theirs)"
	say echo_p99 "$(word 3 $ours)" "$(word 3 $theirs)"
	ours=$(load echo "tcp://127.0.0.1:$port" 64) || exit 1
	theirs=$("$grpc" client "127.0.0.1:$((port + 1))" 64 "$seconds" "$warm") || fail "grpc client"
	say echo_tcp_rps "$(word 1 $ours)" "$(word 1 $theirs)"
	ours=$(load echo "ipc://$work" 1) || exit 1
	theirs=$("$grpc" client "unix:$work/grpc.sock" 1 "$seconds" "$warm") || fail "grpc client"
	say echo_p50_1 "$(word 2 $ours)" "$(word 2 $theirs)"
}

echo_part() {
	start_echo_pair
	for _ in $(seq "$runs"); do
		echo_once
	done
	halt bench grpc_unix grpc_tcp
}

# Calls with CURVE against gRPC with TLS, both over tcp on loopback with keys made for this run.
start_curve_pair() {
	local keys=$work/keys
	build_grpc || fail "the gRPC reference could not be built: $(tail -n 3 "$work/grpc-build.log" 2>/dev/null)"
	mkdir -m 700 "$keys" "$work/tls"
	"$bin/hearth" keys make bench --kind service --keys "$keys" 2>>"$work/keys.log" &&
		"$bin/hearth" keys make load --kind gateway --keys "$keys" 2>>"$work/keys.log" || fail "hearth keys make"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost -keyout "$work/tls/key.pem" -out "$work/tls/cert.pem" 2>>"$work/tls.log" ||
		fail "openssl made no certificate"
	port=$((20000 + $$ % 20000 + 2))
	launch curve "$bin/bench_echo_server" --listen "tcp://127.0.0.1:$port" --services "tcp://127.0.0.1:$port" --metrics "" \
		--keys "$keys"
	BENCH_TLS=$work/tls launch grpc_tls "$grpc" server "127.0.0.1:$((port + 1))"
}

curve_part() {
	local ours theirs
	start_curve_pair
	for _ in $(seq "$runs"); do
		ours=$(HEARTH_KEYS=$work/keys HEARTH_KEY=$work/keys/load.secret load echo "tcp://127.0.0.1:$port" 64) || exit 1
		theirs=$(BENCH_TLS=$work/tls "$grpc" client "127.0.0.1:$((port + 1))" 64 "$seconds" "$warm") || fail "grpc client"
		say curve_rps "$(word 1 $ours)" "$(word 1 $theirs)"
	done
	halt curve grpc_tls
}

# ---- writes and reads ----------------------------------------------------------------------------------------------------

prepare_writes() {
	statement pgbench referrals create_referral "" "$lock" >"$work/write.pgbench"
	statement pgbench referrals create_referral >"$work/cte.pgbench"
	statement libpq referrals create_referral >"$work/write.sql"
}

write_once() {
	local at64 at256 one single threads
	at64=$(load create "ipc://$work" 64) || exit 1
	one=$(pgbench_best referrals "$work/write.pgbench") || exit 1
	at256=$(load create "ipc://$work" 256) || exit 1
	single=$(pgbench_best referrals "$work/cte.pgbench") || exit 1
	threads=$(direct referrals blocking $([ "$tiny" ] && echo 2 || echo 32) "$seconds" "$warm" "$work/write.sql" "$lock") || exit 1
	say write_rps "$(word 1 $at64)" "$one"
	say write_rps_256 "$(word 1 $at256)" "$one"
	say write_rps_cte "$(word 1 $at64)" "$single"
	say write_p99 "$(word 3 $at64)" "$(word 3 $threads)"
}

# Plans made while a table was empty are not those of a service that lives: some rows, their statistics, a fresh start.
settle() {
	service referrals
	"$bin/bench_load" create "ipc://$work" 64 2000x >/dev/null 2>>"$work/load.log" || fail "load create"
	sql -c "VACUUM ANALYZE"
	halt referrals
}

write_part() {
	prepare_writes
	settle
	service referrals
	for _ in $(seq "$runs"); do
		write_once
	done
	halt referrals
}

by_key=(-c plan_cache_mode=force_generic_plan -c enable_seqscan=off)

# So many homes; the first thousand under the ids that pgbench draws and bench_load reads.
make_homes() {
	sql -c "INSERT INTO providers.provider (id, name, created, updated)
			VALUES ('20000000-0000-0000-0000-000000000000', 'Provider of the bench', '2026-01-05', '2026-01-05') ON CONFLICT DO NOTHING" \
		-c "INSERT INTO providers.home (id, provider_id, name, kind, open, purpose, siblings_only, places, created, updated)
			SELECT ('2000000000000000000000000000' || lpad(n::text, 4, '0'))::uuid, '20000000-0000-0000-0000-000000000000',
				'Fostering household ' || n, 'FOSTERING', true, '{}', false, 2, '2026-01-05', '2026-01-05'
			FROM generate_series(0, $1 - 1) n ON CONFLICT DO NOTHING" -c "VACUUM ANALYZE providers.home"
}

make_rows_to_read() {
	make_homes 1000
	load create "ipc://$work" 64 >/dev/null
	sql -c "UPDATE referrals.referral r SET id = ('20000000000000000000000000000' || lpad(k.n::text, 3, '0'))::uuid
		FROM (SELECT x.id, row_number() OVER () - 1 AS n FROM referrals.referral x LIMIT 1000) k WHERE r.id = k.id" \
		-c "VACUUM ANALYZE"
}

# The statement of the service and a note of it, in one transaction: what an audited read has to do at least.
audited_pgbench() {
	statement pgbench referrals get_referral "referral_id=key 4" | awk '
		!/^\\set/ && !begun { print "BEGIN;"; begun = 1 }
		{ print }
		END {
			print "INSERT INTO audit (at, kind, authority, actor, roles, method, traceparent, subject, record, records)"
			print "VALUES (\0472026-01-05\047, \047READ\047, \047999\047, \047bench\047, 2, \047GetReferral\047,"
			print "\04700-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\047, \0470190b3c2-7d1e-7abc-8def-0123456789ab\047,"
			print "\04720000000-0000-0000-0000-000000000\047 || lpad(:key::text, 3, \0470\047), 1);"
			print "COMMIT;"
		}'
}

read_part() {
	local ours theirs
	service referrals
	service providers
	make_rows_to_read
	statement pgbench providers get_home "home_id=key 4,external_id_system=-,external_id_id=-,sees_fees=true" >"$work/read.pgbench"
	audited_pgbench >"$work/audited.pgbench"
	for _ in $(seq "$runs"); do
		ours=$(load home "ipc://$work" 64) || exit 1
		theirs=$(pgbench_best providers "$work/read.pgbench" "${by_key[@]}") || exit 1
		say read_rps "$(word 1 $ours)" "$theirs"
		ours=$(load get "ipc://$work" 64) || exit 1
		theirs=$(pgbench_best referrals "$work/audited.pgbench" "${by_key[@]}") || exit 1
		say read_rps_audited "$(word 1 $ours)" "$theirs"
	done
	halt referrals providers
}

# ---- beside what takes long ----------------------------------------------------------------------------------------------

# p50 and p99 of METHOD at 500 a second, alone, and while loads of the other MODEs have one call out all the time.
busy_once() {
	local figure=$1 method=$2 alone busy mode names=()
	shift 2
	alone=$(load "$method" "ipc://$work" 64 500) || exit 1
	for mode in "$@"; do
		launch "busy_$mode" "$bin/bench_load" "$mode" "ipc://$work" 1 600
		names+=("busy_$mode")
	done
	sleep 0.3
	busy=$(load "$method" "ipc://$work" 64 500) || exit 1
	for mode in "${names[@]}"; do
		kill -0 "${running[$mode]}" || fail "$mode ended before its time"
	done
	halt "${names[@]}"
	say "${figure}_p50_busy" "$(word 2 $busy)" "$(word 2 $alone)"
	say "${figure}_p99_busy" "$(word 3 $busy)" "$(word 3 $alone)"
}

busy_part() {
	service providers
	start_echo
	make_homes 10000
	for _ in $(seq "$runs"); do
		busy_once lookup home list find
		busy_once echo echo rounds
	done
	halt providers bench
}

# ---- events ------------------------------------------------------------------------------------------------------------

# The time of every commit is kept by PostgreSQL itself, for these figures alone.
with_commit_times() {
	sql -c "ALTER SYSTEM SET track_commit_timestamp = on"
	stop_postgres
	start_postgres
}

applied_through() {
	for _ in $(seq 600); do
		[ "$(sql -c "SELECT coalesce((SELECT c.seq FROM careleavers.cursor c WHERE c.source = 'placements'), 0)
			>= coalesce((SELECT max(o.seq) FROM placements.outbox o), 0)")" = t ] && return 0
		sleep 0.1
	done
	fail "the consumer did not catch up"
}

# Commit of an event to commit of its effect, of the later nine tenths of the children from $1 on: p99 in microseconds. The
# effect is known by the event that it tells: the row of the young person is written again when the status is judged.
lag_since() {
	sql -c "WITH told AS (
			SELECT o.seq, o.aggregateid AS child, pg_xact_commit_timestamp(o.xmin) AS at,
				percent_rank() OVER (ORDER BY o.seq) AS place
			FROM placements.outbox o WHERE o.seq > $1
		), lag AS (
			SELECT extract(epoch FROM pg_xact_commit_timestamp(y.xmin) - t.at) * 1000000 AS us
			FROM told t JOIN careleavers.outbox y ON y.aggregateid = t.child AND y.type = 'hearth.young_person.recorded.v1'
			WHERE t.place > 0.1
		)
		SELECT round(percentile_disc(0.99) WITHIN GROUP (ORDER BY us)) FROM lag"
}

lag_once() {
	local before ours
	before=$(sql -c "SELECT coalesce(max(o.seq), 0) FROM placements.outbox o") || exit 1
	ours=$(seconds=$(awk -v s="$seconds" 'BEGIN { print s * 2 }') load child "ipc://$work" 64 200) || exit 1
	applied_through
	say event_lag "$(lag_since "$before")" "$(word 3 $ours)"
}

# Rows of effects a second, from the commit of the first batch to that of the last.
rate_of_effects() {
	sql -c "WITH batch AS (
			SELECT pg_xact_commit_timestamp(y.xmin) AS at, count(*) AS rows FROM careleavers.outbox y
			WHERE y.type = 'hearth.young_person.recorded.v1' GROUP BY at
		)
		SELECT round((sum(b.rows) - (SELECT f.rows FROM batch f ORDER BY f.at LIMIT 1))
			/ extract(epoch FROM max(b.at) - min(b.at))) FROM batch b"
}

rate_once() {
	local ours theirs
	halt careleavers
	sql -c "TRUNCATE careleavers.young_person CASCADE" -c "TRUNCATE careleavers.outbox" \
		-c "DELETE FROM careleavers.cursor"
	service careleavers
	applied_through
	ours=$(rate_of_effects) || exit 1
	theirs=$(direct careleavers grouped $([ "$tiny" ] && echo 50 || echo 500) "$seconds" "$warm" "$work/effect.sql" "$lock") || exit 1
	say event_rate "$ours" "$(word 1 $theirs)"
}

events_part() {
	local more=${tiny:+2000x}
	with_commit_times
	statement libpq careleavers record_child "child_id=uuid 1,date_of_birth_value=2012-05-17,unaccompanied=false" >"$work/effect.sql"
	service placements
	service careleavers
	applied_through
	for _ in $(seq "$runs"); do
		lag_once
	done
	"$bin/bench_load" child "ipc://$work" 64 "${more:-12000x}" >/dev/null 2>>"$work/load.log" || fail "children"
	for _ in $(seq "$runs"); do
		rate_once
	done
	halt placements careleavers
}

# ---- matching ----------------------------------------------------------------------------------------------------------

# matched MODE [ARGUMENT...]: what bench_match prints is a run's figure each. Left to itself the planner takes the reference's
# joins one home after the other, which is twenty times slower: it is told not to.
matched() {
	local figure ours theirs
	PGOPTIONS="$PGOPTIONS -c search_path=bench_match -c enable_nestloop=off" "$bin/bench_match" "$1" "$runs" "${@:2}" \
		>"$work/matched.tsv" 2>>"$work/matched.log" || fail "bench_match $1: $(tail -n 1 "$work/matched.log")"
	while read -r figure ours theirs; do
		say "$figure" "$ours" "$theirs"
	done <"$work/matched.tsv"
}

match_part() {
	sql -v homes="$([ "$tiny" ] && echo 2000 || echo 20000)" -f "$here/match_homes.sql" >/dev/null
	matched compare "$here/match_reference.sql"
	matched queue
	matched rebuild
	[ "$tiny" ] || matched sizes
	tail -n 1 "$work/matched.log"
}

# ---- import ------------------------------------------------------------------------------------------------------------

# A return of made-up children, three episodes each.
make_return() {
	mkdir -p "$work/return"
	awk -v children="$1" -v to="$work/return" -f "$here/return.awk"
}

import_once() {
	local authority=$1 other=$2 began rows
	began=$(date +%s%N)
	"$bin/hearth" --services "ipc://$work" import ssda903 --authority "$authority" "$work/return" >"$work/import.log" 2>&1 ||
		fail "hearth import failed"
	local took=$(($(date +%s%N) - began))
	rows=$(sql -c "SELECT count(*) FROM placements.episode WHERE authority = '$authority'") || exit 1
	local theirs
	theirs=$(sql -v from="$authority" -v to="$other" -f "$here/import_reference.sql" |
		awk -F'|' 'NF == 2 { print int($1 / $2) }')
	say import_rows "$(awk -v n="$rows" -v ns="$took" 'BEGIN { printf "%.0f\n", n / ns * 1e9 }')" "$theirs"
}

import_part() {
	make_return $([ "$tiny" ] && echo 100 || echo 5000)
	service placements
	for run in $(seq "$runs"); do
		import_once $((100 + run)) $((200 + run))
	done
	halt placements
}

# ---- a nation ----------------------------------------------------------------------------------------------------------

# Made-up returns of five years with so many children looked after on a day, once each: rows of episodes a second.
nation_import() {
	local name=$1 children=$2 authority=$3 began rows
	"$bin/hearth" synth --children "$children" --years 5 --seed 1 "$work/nation" >>"$work/synth.log" 2>&1 || fail "hearth synth failed"
	began=$(date +%s%N)
	"$bin/hearth" --services "ipc://$work" import ssda903 --quiet --authority "$authority" "$work/nation" >"$work/import.log" 2>&1 ||
		fail "hearth import failed"
	local took=$(($(date +%s%N) - began))
	rm -rf "$work/nation"
	rows=$(sql -c "SELECT count(*) FROM placements.episode WHERE authority = '$authority'") || exit 1
	nation_rows=$(awk -v n="$rows" -v ns="$took" 'BEGIN { printf "%.0f\n", n / ns * 1e9 }')
	say "$name" "$nation_rows" -
}

# The whole command, its start with it, on days of five years; the answer must be the number that was made up.
census() {
	local children=$1 authority=$2 day began
	for day in 2021-06-01 2022-03-31 2023-09-30 2024-03-31 2025-12-24 2026-03-31; do
		began=$(date +%s%N)
		"$bin/hearth" --services "ipc://$work" --authority "$authority" call placements/CountLookedAfter \
			"{\"date\": \"$day\"}" >"$work/census.log" 2>&1 || fail "the census of $day failed"
		say nation_census "$((($(date +%s%N) - began) / 1000))" -
		grep -q "\"children\": \"$children\"" "$work/census.log" || fail "the census of $day is not $children"
	done
}

nation_part() {
	local town small nation=${tiny:+300}
	nation=${nation:-84000}
	town=$((nation / 84 > 10 ? nation / 84 : 10))
	service placements
	nation_import nation_1k "$town" 301          # the first after the start is another matter
	nation_import nation_1k "$town" 302
	small=$nation_rows
	nation_import nation_10k $((10 * town)) 310
	nation_import nation_84k "$nation" 384
	say nation_flat "$nation_rows" "$small"
	# What the database does by itself within a minute.
	sql -c "VACUUM (ANALYZE) placements.episode"
	census "$nation" 384
	halt placements
}

# ---- a service at rest ---------------------------------------------------------------------------------------------------

idle_part() {
	for _ in $(seq "$((runs > 3 ? 3 : runs))"); do
		service referrals
		sleep 1
		say pss_idle "$(awk '/^Pss:/ { printf "%.1f\n", $2 / 1024 }' "/proc/${running[referrals]}/smaps_rollup")" -
		halt referrals
	done
}

# ---- more processes of one service ---------------------------------------------------------------------------------------

# gap [SIGNAL]: the longest a caller waited, in milliseconds, at 2,000 calls a second to two processes, one of which gets
# the signal halfway. It is gone, or goes on, before the next.
gap() {
	local signal=$1 load longest
	[ -z "$signal" ] || (
		sleep "$(awk -v s="$seconds" -v w="$warm" 'BEGIN { print w + s * 1.5 }')"
		kill "-$signal" "${running[referrals@2]}"
	) &
	load=$(seconds=$(awk -v s="$seconds" 'BEGIN { print s * 3 }') load get "ipc://$work" 256 2000 gap) || exit 1
	longest=$(word 3 $load)
	awk -v us="$longest" 'BEGIN { printf "%.2f\n", us / 1000 }'
}

failover_once() {
	local figure=$1 signal=$2 calm ours
	service referrals
	service referrals@2
	calm=$(gap "") || exit 1
	ours=$(gap "$signal") || exit 1
	[ "$signal" != STOP ] || kill -CONT "${running[referrals@2]}"
	halt referrals referrals@2
	# A hang is found after a second: there is nothing to compare that with.
	[ "$signal" != STOP ] || calm=-
	say "$figure" "$ours" "$calm"
}

failover_part() {
	for _ in $(seq "$runs"); do
		failover_once failover_ms KILL
		failover_once failover_drain_ms TERM
		failover_once failover_stop_ms STOP
	done
}

# The same load on one, two and three processes.
scale_once() {
	local one two three
	service referrals
	one=$(load get "ipc://$work" 64) || exit 1
	service referrals@2
	two=$(load get "ipc://$work" 64) || exit 1
	service referrals@3
	three=$(load get "ipc://$work" 64) || exit 1
	halt referrals referrals@2 referrals@3
	say scale_reads_2 "$(word 1 $two)" "$(word 1 $one)"
	say scale_p99_2 "$(word 3 $two)" "$(word 3 $one)"
	say scale_reads_3 "$(word 1 $three)" "$(word 1 $one)"
	say scale_p99_3 "$(word 3 $three)" "$(word 3 $one)"
}

scale_part() {
	for _ in $(seq "$runs"); do
		scale_once
	done
}

# ---- all ---------------------------------------------------------------------------------------------------------------

. "$here/instructions.sh"

start_echo_pair() {
	build_grpc || fail "the gRPC reference could not be built: $(tail -n 3 "$work/grpc-build.log" 2>/dev/null)"
	start_echo
	launch grpc_unix "$grpc" server "unix:$work/grpc.sock"
	launch grpc_tcp "$grpc" server "127.0.0.1:$((port + 1))"
}

table() {
	awk -F'\t' -v OFS='\t' -v spread="$build/bench-spread.tsv" -v runs="$runs" -f "$here/table.awk" "$samples" >"$build/bench.tsv.new" &&
		mv "$build/bench.tsv.new" "$build/bench.tsv"
}

# The database is needed by all but these.
[ -z "$(printf '%s\n' $parts | grep -vxE 'echo|curve|instructions')" ] || start_postgres
if wants echo && [ -z "$tiny" ]; then echo_part; fi
if wants curve && [ -z "$tiny" ]; then curve_part; fi
if wants instructions && [ -z "$tiny" ]; then instructions_part; fi
if wants write; then write_part; fi
if wants read; then read_part; fi
if wants busy; then busy_part; fi
if wants events; then events_part; fi
if wants import; then import_part; fi
if wants nation; then nation_part; fi
if wants idle; then idle_part; fi
if wants failover; then failover_part; fi
if wants scale; then scale_part; fi
if wants match; then match_part; fi
table || exit 1
cat "$build/bench-spread.tsv" | column -t -s "$(printf '\t')"
