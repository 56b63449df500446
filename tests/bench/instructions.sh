# instructions.sh: user instructions a request of the echo server, by callgrind: the difference of two counts of calls, so
# that starting and stopping do not count. Sourced by run.sh and by the test that holds the number.

# Everything takes a hundred times as long under callgrind: the lines that tell of slow calls are not counted.

# counted LOG: what callgrind counted.
counted() {
	sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$1"
}

# ours_counted CALLS: instructions of a whole life of our server with so many calls, 64 in flight.
ours_counted() {
	local log=$work/callgrind-$1.log dir=$work/cg-$1
	mkdir -p "$dir"
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/bench_echo_server" --listen "ipc://$dir" \
		--services "ipc://$dir" --metrics "" --log-level error </dev/null >"$log" 2>&1 &
	local pid=$!
	running[callgrind]=$pid
	for _ in $(seq 300); do
		compgen -G "$dir/bench-*.sock" >/dev/null && break
		sleep 0.1
	done
	"$bin/bench_load" echo "ipc://$dir" 64 "$1x" >/dev/null 2>>"$log" || return 1
	kill -TERM "$pid"
	wait "$pid" 2>/dev/null
	unset "running[callgrind]"
	counted "$log"
}

# grpc_counted CALLS: the same of the gRPC server, which leaves by itself after so many calls.
grpc_counted() {
	local log=$work/callgrind-grpc-$1.log socket=$work/cg-grpc-$1.sock
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$grpc" server "unix:$socket" "$1" </dev/null >"$log" 2>&1 &
	local pid=$!
	running[callgrind]=$pid
	for _ in $(seq 300); do
		[ -S "$socket" ] && break
		sleep 0.1
	done
	"$grpc" client "unix:$socket" 64 120 0 >/dev/null 2>>"$log" &
	local client=$!
	wait "$pid" 2>/dev/null
	kill "$client" 2>/dev/null
	wait "$client" 2>/dev/null
	unset "running[callgrind]"
	counted "$log"
}

instructions_part() {
	build_grpc || fail "the gRPC reference could not be built"
	local few many grpc_few grpc_many
	few=$(ours_counted 2000) && many=$(ours_counted 12000) || fail "callgrind of our server"
	grpc_few=$(grpc_counted 1000) && grpc_many=$(grpc_counted 4000) || fail "callgrind of gRPC"
	say echo_instructions "$(((many - few) / 10000))" "$(((grpc_many - grpc_few) / 3000))"
}
