/* server_listen.c: see server_listen.h. */
#include "server_listen.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

#include <hearth/text.h>

#define USERS_MOST 32

static bool is_loopback(const char *host, size_t size)
{
	return (size == strlen("[::1]") && memcmp(host, "[::1]", size) == 0) ||
	       (size > 4 && memcmp(host, "127.", 4) == 0 && strspn(host, "0123456789.") >= size);
}

int server_plain_tcp_check(const char *address, struct hearth_status *status)
{
	const char *host = address + strlen("tcp://"), *colon = strrchr(host, ':');

	if (is_loopback(host, (size_t)(colon - host)))
		return 0;
	return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "PLAIN_TCP",
	                   "%.100s can be reached from other machines and there are no keys: set keys and key (hearth keys make), "
	                   "or allow-plain-tcp where the network itself is trusted", address);
}

/* ---- users ---- */

static int find_user(const char *name, uid_t *ret_user, struct hearth_status *status)
{
	struct passwd entry, *found = NULL;
	char room[4096], *end;
	unsigned long number = strtoul(name, &end, 10);

	if (*name >= '0' && *name <= '9' && *end == '\0' && number < UINT32_MAX) {
		*ret_user = (uid_t)number;
		return 0;
	}
	if (*name == '\0' || getpwnam_r(name, &entry, room, sizeof room, &found) != 0 || !found)
		return hearth_fail_field(status, "ipc-users", "ipc-users: there is no user \"%.40s\"", name);
	*ret_user = found->pw_uid;
	return 0;
}

static int allow(void *socket, uid_t user, struct hearth_status *status)
{
	if (zmq_setsockopt(socket, ZMQ_IPC_FILTER_UID, &user, sizeof user) == 0)
		return 0;
	return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "IPC_USERS", "this libzmq cannot tell who connects over ipc: %s",
	                   zmq_strerror(zmq_errno()));
}

int server_ipc_users(void *socket, const char *users, struct hearth_status *status)
{
	char name[64];
	uid_t user;

	/* Root could become any of the others. */
	if (allow(socket, geteuid(), status) != 0 || allow(socket, 0, status) != 0)
		return -1;
	for (int i = 0; users && *users; i++) {
		size_t size = strcspn(users, ",");

		if (i == USERS_MOST)
			return hearth_fail_field(status, "ipc-users", "ipc-users names more than %d users", USERS_MOST);
		hearth_text_copy(name, size < sizeof name ? size + 1 : sizeof name, users);
		if (find_user(name, &user, status) != 0 || allow(socket, user, status) != 0)
			return -1;
		users += size + (users[size] == ',');
	}
	return 0;
}
