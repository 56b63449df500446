/* dns_server.c: see dns_server.h. What it answers lies in memory that both processes share. */
#include "dns_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRESSES_SIZE 2048
#define HEADER 12
#define UDP_MOST 512
#define ANSWER_MOST 4096
#define TYPE_A 1
#define TYPE_AAAA 28
#define NO_SUCH_NAME 3
#define SERVER_FAILED 2

struct shared {
	atomic_int mood, questions;
	atomic_uint version;               /* odd while a name is being changed */
	struct { char name[64], addresses[ADDRESSES_SIZE]; } names[DNS_NAMES_MOST];
};

struct dns_server {
	struct shared *shared;
	pid_t pid;
	char address[32];
};

/* ---- answering ---- */

/* The question's name as text; the bytes it takes, or 0. */
static size_t read_name(const uint8_t *at, size_t size, char *ret_name, size_t room)
{
	size_t used = 0, written = 0;

	while (used < size && at[used] != 0) {
		size_t label = at[used++];

		if (label > 63 || used + label > size || written + label + 2 > room)
			return 0;
		if (written > 0)
			ret_name[written++] = '.';
		memcpy(ret_name + written, at + used, label);
		written += label;
		used += label;
	}
	ret_name[written] = '\0';
	return used < size ? used + 1 : 0;
}

/* A copy of the addresses of a name; false when it does not exist. */
static bool find_name(struct shared *shared, const char *name, char ret_addresses[ADDRESSES_SIZE])
{
	bool known = false;
	unsigned version;

	do {
		version = atomic_load(&shared->version);
		known = false;
		for (size_t i = 0; i < DNS_NAMES_MOST && !known; i++) {
			known = shared->names[i].name[0] && strcasecmp(shared->names[i].name, name) == 0;
			if (known)
				memcpy(ret_addresses, shared->names[i].addresses, ADDRESSES_SIZE);
		}
	} while (version % 2 || atomic_load(&shared->version) != version);
	return known;
}

static size_t put_record(uint8_t *at, int type, const char *address)
{
	/* Name by pointer to the question, class IN, a time to live of nothing. */
	uint8_t record[12] = { 0xc0, HEADER, 0, (uint8_t)type, 0, 1, 0, 0, 0, 0, 0, type == TYPE_A ? 4 : 16 };

	if (inet_pton(type == TYPE_A ? AF_INET : AF_INET6, address, at + sizeof record) != 1)
		return 0;
	memcpy(at, record, sizeof record);
	return sizeof record + record[11];
}

/* The whole answer into `reply`; its size, 0 for none. */
static size_t answer(struct shared *shared, const uint8_t *query, size_t size, uint8_t *reply, size_t most)
{
	char name[256], addresses[ADDRESSES_SIZE] = "", *save = NULL;
	size_t name_size = size > HEADER ? read_name(query + HEADER, size - HEADER, name, sizeof name) : 0;
	size_t used = HEADER + name_size + 4;
	unsigned count = 0;

	if (!name_size || used > size)
		return 0;
	int type = query[HEADER + name_size] << 8 | query[HEADER + name_size + 1];
	bool known = find_name(shared, name, addresses), fails = atomic_load(&shared->mood) == DNS_REFUSES;
	memcpy(reply, query, used);
	memset(reply + 4, 0, 8);
	reply[2] = 0x84;
	reply[3] = (uint8_t)(0x80 | (fails ? SERVER_FAILED : known ? 0 : NO_SUCH_NAME));
	reply[5] = 1;
	for (char *one = fails ? NULL : strtok_r(addresses, " ", &save); one; one = strtok_r(NULL, " ", &save)) {
		bool fits = used + 28 <= most;
		size_t more = fits && (type == TYPE_A || type == TYPE_AAAA) ? put_record(reply + used, type, one) : 0;

		used += more;
		count += more > 0;
		if (!fits)
			reply[2] |= 0x02;
	}
	reply[6] = (uint8_t)(count >> 8);
	reply[7] = (uint8_t)count;
	return used;
}

static void serve_udp(struct shared *shared, int udp)
{
	uint8_t query[UDP_MOST], reply[UDP_MOST];
	struct sockaddr_in from;
	socklen_t from_size = sizeof from;
	ssize_t size = recvfrom(udp, query, sizeof query, 0, (struct sockaddr *)&from, &from_size);
	size_t used;

	if (size <= 0)
		return;
	atomic_fetch_add(&shared->questions, 1);
	if (atomic_load(&shared->mood) != DNS_SILENT && (used = answer(shared, query, (size_t)size, reply, sizeof reply)) > 0)
		(void)!sendto(udp, reply, used, 0, (struct sockaddr *)&from, from_size);
}

/* One question a connection; who sends half of one waits for itself. */
static void serve_tcp(struct shared *shared, int listener)
{
	uint8_t query[2 + UDP_MOST], reply[2 + ANSWER_MOST];
	int connection = accept(listener, NULL, NULL);
	const struct timeval most = { .tv_sec = 1 };
	size_t used;

	if (connection < 0)
		return;
	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
	while (recv(connection, query, 2, MSG_WAITALL) == 2) {
		size_t size = (size_t)query[0] << 8 | query[1];

		if (size > UDP_MOST || recv(connection, query + 2, size, MSG_WAITALL) != (ssize_t)size)
			break;
		atomic_fetch_add(&shared->questions, 1);
		used = answer(shared, query + 2, size, reply + 2, ANSWER_MOST);
		reply[0] = (uint8_t)(used >> 8);
		reply[1] = (uint8_t)used;
		if (used == 0 || send(connection, reply, used + 2, MSG_NOSIGNAL) < 0)
			break;
	}
	close(connection);
}

static void serve(struct shared *shared, int udp, int tcp, pid_t parent)
{
	struct pollfd both[2] = { { .fd = udp, .events = POLLIN }, { .fd = tcp, .events = POLLIN } };

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	while (poll(both, 2, -1) > 0) {
		if (both[0].revents & POLLIN)
			serve_udp(shared, udp);
		if (both[1].revents & POLLIN)
			serve_tcp(shared, tcp);
	}
	_exit(1);
}

/* ---- starting ---- */

/* The same port for both; another is tried when it is taken. */
static int open_sockets(const char *host, int *ret_udp, int *ret_tcp)
{
	for (int i = 0; i < 20; i++) {
		struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = inet_addr(host) };
		socklen_t size = sizeof at;
		int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (bind(udp, (struct sockaddr *)&at, sizeof at) == 0 && getsockname(udp, (struct sockaddr *)&at, &size) == 0 &&
		    bind(tcp, (struct sockaddr *)&at, sizeof at) == 0 && listen(tcp, 16) == 0) {
			*ret_udp = udp;
			*ret_tcp = tcp;
			return ntohs(at.sin_port);
		}
		close(udp);
		close(tcp);
	}
	return -1;
}

struct dns_server *dns_server_start(void)
{
	return dns_server_start_at("127.0.0.1");
}

struct dns_server *dns_server_start_at(const char *host)
{
	struct dns_server *server = calloc(1, sizeof *server);
	int udp = -1, tcp = -1, port = open_sockets(host, &udp, &tcp);
	pid_t parent = getpid();

	if (!server || port < 0) {
		free(server);
		return NULL;
	}
	snprintf(server->address, sizeof server->address, "%s:%d", host, port);
	server->shared = mmap(NULL, sizeof *server->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (server->shared == MAP_FAILED)
		abort();
	fflush(NULL);
	server->pid = fork();
	if (server->pid == 0)
		serve(server->shared, udp, tcp, parent);
	close(udp);
	close(tcp);
	if (server->pid < 0)
		dns_server_stop(&server);
	return server;
}

void dns_server_stop(struct dns_server **pointer)
{
	struct dns_server *server = *pointer;

	if (!server)
		return;
	*pointer = NULL;
	if (server->pid > 0 && kill(server->pid, SIGKILL) == 0)
		waitpid(server->pid, NULL, 0);
	munmap(server->shared, sizeof *server->shared);
	free(server);
}

void dns_server_set(struct dns_server *server, const char *name, const char *addresses)
{
	struct shared *shared = server->shared;
	size_t i = 0;

	while (i < DNS_NAMES_MOST && shared->names[i].name[0] && strcmp(shared->names[i].name, name) != 0)
		i++;
	if (i == DNS_NAMES_MOST)
		abort();
	atomic_fetch_add(&shared->version, 1);
	snprintf(shared->names[i].name, sizeof shared->names[i].name, "%s", name);
	snprintf(shared->names[i].addresses, sizeof shared->names[i].addresses, "%s", addresses);
	atomic_fetch_add(&shared->version, 1);
}

void dns_server_mood(struct dns_server *server, enum dns_mood mood)
{
	atomic_store(&server->shared->mood, mood);
}

const char *dns_server_address(const struct dns_server *server)
{
	return server->address;
}

int dns_server_questions(const struct dns_server *server)
{
	return atomic_load(&server->shared->questions);
}
