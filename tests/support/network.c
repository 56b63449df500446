/* network.c: see network.h. Namespaces are held by a child that does nothing; links and losses are made with ip and
 * iptables. */
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct support_network {
	pid_t far;                 /* holds the far namespace */
	char far_path[40];
	bool losing;
};

/* A line of shell, quietly; -1 when it fails. */
static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int shell(const char *format, ...)
{
	char script[1200];
	int state = 0;
	va_list rest;
	va_start(rest, format);
	vsnprintf(script, sizeof script, format, rest);
	va_end(rest);
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (getenv("HEARTH_KEEP") == NULL)
			dup2(nowhere, 2);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	return child > 0 && waitpid(child, &state, 0) == child && state == 0 ? 0 : -1;
}

/* The child has its own namespace once the pipe says so. */
static int hold_far(struct support_network *network)
{
	int ends[2];
	char byte = 0;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	network->far = fork();
	if (network->far == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNET) != 0 || write(ends[1], &byte, 1) != 1)
			_exit(1);
		close(ends[1]);
		close(ends[0]);
		for (;;)
			pause();
	}
	close(ends[1]);
	bool held = network->far > 0 && read(ends[0], &byte, 1) == 1;
	close(ends[0]);
	snprintf(network->far_path, sizeof network->far_path, "/proc/%ld/ns/net", (long)network->far);
	return held ? 0 : -1;
}

static int join(const struct support_network *network)
{
	return shell("set -e; export PATH=$PATH:/usr/sbin:/sbin; far='nsenter --net=%s'\n"
	             "ip link set lo up; $far ip link set lo up\n"
	             "ip link add near type veth peer name far netns %ld\n"
	             "ip addr add 10.112.0.1/30 dev near; $far ip addr add 10.112.0.2/30 dev far\n"
	             "ip link set near up; $far ip link set far up\n"
	             "ip route add local " SUPPORT_NETWORK_NEAR ".0.0/16 dev lo\n"
	             "$far ip route add local " SUPPORT_NETWORK_FAR ".0.0/16 dev lo\n"
	             "ip route add " SUPPORT_NETWORK_FAR ".0.0/16 via 10.112.0.2 src " SUPPORT_NETWORK_NEAR ".0.1\n"
	             "$far ip route add " SUPPORT_NETWORK_NEAR ".0.0/16 via 10.112.0.1 src " SUPPORT_NETWORK_FAR ".0.1\n"
	             "iptables -L -n >/dev/null",
	             network->far_path, (long)network->far);
}

static const char *prepare(struct support_network *network)
{
	static char why[160];
	if (geteuid() != 0)
		return "only root may make network namespaces";
	if (unshare(CLONE_NEWNET) != 0 || hold_far(network) != 0) {
		snprintf(why, sizeof why, "no network namespace can be made here: %s", strerror(errno));
		return why;
	}
	return join(network) == 0 ? NULL : "the namespaces cannot be joined: ip, nsenter or iptables is missing or refused";
}

struct support_network *support_network_new(const char **ret_why)
{
	struct support_network *network = calloc(1, sizeof *network);
	if (network == NULL)
		abort();
	*ret_why = prepare(network);
	if (*ret_why != NULL)
		support_network_free(&network);
	return network;
}

void support_network_free(struct support_network **network)
{
	if (*network == NULL)
		return;
	if ((*network)->far > 0) {
		kill((*network)->far, SIGKILL);
		waitpid((*network)->far, NULL, 0);
	}
	free(*network);
	*network = NULL;
}

int support_network_go_far(const struct support_network *network)
{
	int fd = open(network->far_path, O_RDONLY | O_CLOEXEC);
	int outcome = fd >= 0 ? setns(fd, CLONE_NEWNET) : -1;
	if (fd >= 0)
		close(fd);
	return outcome;
}

const char *support_network_far_path(const struct support_network *network)
{
	return network->far_path;
}

/* Routes through an interface go when it is taken down. */
int support_network_link(struct support_network *network, bool up)
{
	(void)network;
	if (!up)
		return shell("PATH=$PATH:/usr/sbin:/sbin; ip link set near down");
	return shell("PATH=$PATH:/usr/sbin:/sbin; ip link set near up && ip route replace " SUPPORT_NETWORK_FAR
	             ".0.0/16 via 10.112.0.2 src " SUPPORT_NETWORK_NEAR ".0.1");
}

int support_network_lose(struct support_network *network, int percent)
{
	int outcome = 0;
	if (network->losing)
		outcome = shell("PATH=$PATH:/usr/sbin:/sbin; iptables -F INPUT && iptables -F OUTPUT");
	network->losing = percent > 0;
	if (percent > 0)
		outcome = shell("PATH=$PATH:/usr/sbin:/sbin; for way in 'INPUT -i' 'OUTPUT -o'; do"
		                " iptables -A $way near -m statistic --mode random --probability %d.%02d -j DROP || exit 1; done",
		                percent / 100, percent % 100);
	return outcome;
}
