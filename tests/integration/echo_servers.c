/* echo_servers.c: see echo_servers.h. */
#include "echo_servers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <zmq.h>

#include <hearth/clock.h>

#include "../../services/runtime/server.h"

#define HELD_MOST 512

struct echo_server *echo_servers;

struct place {
	struct echo_server *told;
	struct hearth_server *server;
	struct { struct hearth_incoming *incoming; int64_t due_us; } held[HELD_MOST];
	size_t held_count;
};

static void answer(struct place *place, struct hearth_incoming *incoming)
{
	struct hearth_reply_header header = { .code = 0 };

	hearth_server_reply(place->server, &incoming, &header, NULL);
}

static bool is_check(const struct hearth_incoming *incoming)
{
	static const char check[] = "hearth.control.v1.Health/Check";

	return incoming->header.method.size == sizeof check - 1 && memcmp(incoming->header.method.at, check, sizeof check - 1) == 0;
}

static void receive(void *context, struct hearth_incoming *incoming)
{
	struct place *place = context;
	int hang_ms, hold_ms = atomic_load(&place->told->hold_ms);

	if (is_check(incoming)) {
		atomic_fetch_add(&place->told->checks, 1);
		answer(place, incoming);
		return;
	}
	atomic_fetch_add(&place->told->seen, 1);
	place->told->last_id = incoming->header.request_id;
	hang_ms = atomic_exchange(&place->told->hang_ms, 0);
	if (hang_ms > 0)
		usleep((useconds_t)hang_ms * 1000);
	if (hold_ms == 0 || place->held_count == HELD_MOST) {
		answer(place, incoming);
		return;
	}
	place->held[place->held_count].incoming = incoming;
	place->held[place->held_count++].due_us = hearth_clock_mono() + (int64_t)hold_ms * 1000;
}

static void answer_due(struct place *place)
{
	int64_t now = hearth_clock_mono();

	for (size_t i = place->held_count; i > 0; i--) {
		if (place->held[i - 1].due_us > now)
			continue;
		answer(place, place->held[i - 1].incoming);
		place->held[i - 1] = place->held[--place->held_count];
	}
}

static void serve(int ready, const char *listen, struct echo_server *told, pid_t parent)
{
	static struct place place;
	struct hearth_loop *loop = hearth_loop_new();
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid instance;
	struct hearth_server_options options = { .service = "echo", .instance = &instance, .listen = listen,
	                                         .most_message = 4096, .receive = receive, .context = &place };

	hearth_uuid_new(&instance);
	place.told = told;
	place.server = hearth_server_new(loop, &options, &status);
	char said = place.server ? 'x' : '-';
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || write(ready, &said, 1) != 1 || !place.server)
		_exit(1);
	for (bool draining = false;;) {
		hearth_loop_turn(loop, 10000);
		answer_due(&place);
		if (!draining && atomic_load(&told->drain)) {
			draining = true;
			hearth_server_drain(place.server);
		}
	}
}

void echo_servers_begin(void)
{
	void *memory = mmap(NULL, sizeof *echo_servers * ECHO_SERVERS_MOST, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ck_assert(memory != MAP_FAILED);
	echo_servers = memory;
}

bool echo_server_start(int number, const char *listen)
{
	pid_t parent = getpid(), child;
	char said = '-';
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0)
		serve(ends[1], listen, &echo_servers[number], parent);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &said, 1), 1);
	close(ends[0]);
	echo_servers[number].pid = child;
	if (said != 'x')
		echo_server_kill(number);
	return said == 'x';
}

void echo_server_kill(int number)
{
	pid_t pid = echo_servers[number].pid;

	if (pid > 0 && kill(pid, SIGKILL) == 0)
		waitpid(pid, NULL, 0);
	echo_servers[number].pid = 0;
}

void echo_servers_end(void)
{
	for (int i = 0; i < ECHO_SERVERS_MOST; i++)
		echo_server_kill(i);
	munmap(echo_servers, sizeof *echo_servers * ECHO_SERVERS_MOST);
}

bool echo_servers_six(void)
{
	FILE *file = fopen("/proc/net/if_inet6", "r");
	char line[128];
	bool found = false;

	while (file && fgets(line, sizeof line, file))
		found = found || strncmp(line, "00000000000000000000000000000001", 32) == 0;
	if (file)
		fclose(file);
	return found;
}

int echo_servers_at(const char *const *hosts, int count)
{
	char listen[64];

	for (int tries = 0; tries < 20; tries++) {
		int port = 20000 + (getpid() * 7 + tries * 131) % 12000, i;

		for (i = 0; i < count; i++) {
			snprintf(listen, sizeof listen, "tcp://%s:%d", hosts[i], port);
			if (!echo_server_start(i, listen))
				break;
		}
		if (i == count)
			return port;
		while (i-- > 0)
			echo_server_kill(i);
	}
	ck_abort_msg("no port is free");
	return 0;
}
