/* tcp_proxy.c: see tcp_proxy.h. One process, one poll, two ends a connection; the mode lies in memory that both share. */
#include "tcp_proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIPES_MOST 256
#define CHUNK 65536
#define DELAY_MS 200
#define TICK_MS 20

struct shared { atomic_int mode, accepted; };

struct tcp_proxy {
	struct shared *shared;
	pid_t pid;
	char address[40];
};

/* One direction: what was read and is not yet written, and from when on it may be. */
struct way {
	char data[CHUNK];
	size_t size, done;
	int64_t due_ms;
};

struct link {
	int ends[2];               /* client, server; -1: closed. Both: free */
	struct way ways[2];        /* from ends[i] to the other */
};

static int64_t now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- links ---- */

static void close_end(struct link *link, int end)
{
	if (link->ends[end] >= 0)
		close(link->ends[end]);
	link->ends[end] = -1;
	link->ways[0].size = link->ways[1].size = 0;
}

static void close_link(struct link *link)
{
	close_end(link, 0);
	close_end(link, 1);
}

static int reach(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void take(struct link *links, int listener, const char *path, struct shared *shared)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int mode = atomic_load(&shared->mode);
	size_t i = 0;
	while (i < PIPES_MOST && (links[i].ends[0] >= 0 || links[i].ends[1] >= 0))
		i++;
	if (fd < 0)
		return;
	int server = mode == TCP_PROXY_HALF_OPEN || mode == TCP_PROXY_REFUSE || i == PIPES_MOST ? -1 : reach(path);
	if (i == PIPES_MOST || (server < 0 && mode != TCP_PROXY_HALF_OPEN)) {
		close(fd);
		return;
	}
	atomic_fetch_add(&shared->accepted, 1);
	links[i].ends[0] = fd;
	links[i].ends[1] = server;
	links[i].ways[0].size = links[i].ways[1].size = 0;
}

/* Reads when the way is empty, writes when it is due; false: an end is gone. */
static bool move(struct link *link, int from, int mode)
{
	struct way *way = &link->ways[from];
	if (way->size == 0) {
		ssize_t got = read(link->ends[from], way->data, CHUNK);
		if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		way->size = got > 0 ? (size_t)got : 0;
		way->done = 0;
		way->due_ms = mode == TCP_PROXY_DELAY ? now_ms() + DELAY_MS : 0;
	}
	if (way->size == 0 || way->due_ms > now_ms())
		return true;
	ssize_t put = send(link->ends[1 - from], way->data + way->done, way->size - way->done, MSG_NOSIGNAL);
	if (put < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	way->done += put > 0 ? (size_t)put : 0;
	if (way->done == way->size)
		way->size = 0;
	return true;
}

static void run_link(struct link *link, int mode)
{
	bool whole = link->ends[0] >= 0 && link->ends[1] >= 0;
	if (mode == TCP_PROXY_HALF_OPEN) {
		close_end(link, 1);
	} else if (mode == TCP_PROXY_REFUSE || !whole) {
		close_link(link);
	} else if (mode != TCP_PROXY_STALL) {
		if (!move(link, 0, mode) || !move(link, 1, mode))
			close_link(link);
	}
}

/* ---- the process ---- */

/* What can be read, and what waits to be written at once; a change of mode or a delay is seen at the next tick. */
static nfds_t watch(const struct link *links, int mode, struct pollfd *fds)
{
	nfds_t count = 1;
	for (size_t i = 0; i < PIPES_MOST; i++)
		for (int end = 0; end < 2; end++) {
			const struct way *in = &links[i].ways[end], *out = &links[i].ways[1 - end];
			short events = (short)((in->size == 0 ? POLLIN : 0) | (out->size > 0 && out->due_ms <= now_ms() ? POLLOUT : 0));
			if (links[i].ends[end] >= 0 && events != 0 && (mode == TCP_PROXY_PASS || mode == TCP_PROXY_DELAY))
				fds[count++] = (struct pollfd){ .fd = links[i].ends[end], .events = events };
		}
	return count;
}

static void serve(int listener, const char *path, struct shared *shared)
{
	static struct link links[PIPES_MOST];
	static struct pollfd fds[2 * PIPES_MOST + 1];
	for (size_t i = 0; i < PIPES_MOST; i++)
		links[i].ends[0] = links[i].ends[1] = -1;
	for (;;) {
		int mode = atomic_load(&shared->mode);
		fds[0] = (struct pollfd){ .fd = listener, .events = POLLIN };
		poll(fds, watch(links, mode, fds), TICK_MS);
		mode = atomic_load(&shared->mode);
		for (size_t i = 0; i < PIPES_MOST; i++)
			if (links[i].ends[0] >= 0 || links[i].ends[1] >= 0)
				run_link(&links[i], mode);
		if (fds[0].revents != 0)
			take(links, listener, path, shared);
	}
}

static int listen_on(const char *host, char ret_address[40])
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || inet_pton(AF_INET, host, &at.sin_addr) != 1 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&at, &size) != 0) {
		fprintf(stderr, "tcp_proxy: cannot listen on %s: %s\n", host, strerror(errno));
		return -1;
	}
	snprintf(ret_address, 40, "%s:%d", host, ntohs(at.sin_port));
	return fd;
}

struct tcp_proxy *tcp_proxy_start(const char *host, const char *unix_path)
{
	struct tcp_proxy *proxy = calloc(1, sizeof *proxy);
	void *memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t parent = getpid();
	if (proxy == NULL || memory == MAP_FAILED)
		abort();
	proxy->shared = memory;
	int listener = listen_on(host, proxy->address);
	if (listener < 0) {
		tcp_proxy_stop(&proxy);
		return NULL;
	}
	fflush(NULL);
	proxy->pid = fork();
	if (proxy->pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
			_exit(1);
		serve(listener, unix_path, proxy->shared);
	}
	close(listener);
	return proxy;
}

void tcp_proxy_stop(struct tcp_proxy **proxy)
{
	if (*proxy == NULL)
		return;
	if ((*proxy)->pid > 0) {
		kill((*proxy)->pid, SIGKILL);
		waitpid((*proxy)->pid, NULL, 0);
	}
	munmap((*proxy)->shared, sizeof(struct shared));
	free(*proxy);
	*proxy = NULL;
}

void tcp_proxy_set(struct tcp_proxy *proxy, enum tcp_proxy_mode mode)
{
	atomic_store(&proxy->shared->mode, (int)mode);
}

const char *tcp_proxy_address(const struct tcp_proxy *proxy)
{
	return proxy->address;
}

int tcp_proxy_accepted(const struct tcp_proxy *proxy)
{
	return atomic_load(&proxy->shared->accepted);
}
