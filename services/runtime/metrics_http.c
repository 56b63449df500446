/* metrics_http.c: /metrics, /healthz and /readyz by libmicrohttpd, inside the loop.
 *
 * libmicrohttpd keeps an epoll of its own without a thread; its descriptor is
 * watched by the loop and an alarm wakes it when a connection's time is over.
 * Owns the listening socket (libmicrohttpd closes it) and the target file.
 */
#include "metrics_http.h"
#include "loop.h"

#include <hearth/arena.h>
#include <hearth/status.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MOST 32u
#define TIMEOUT_SECONDS 10u
#define CONNECTION_MEMORY ((size_t)8192)

struct hearth_metrics_http {
	const struct hearth_metrics *metrics;
	hearth_ready_fn *ready;
	void *context;
	struct MHD_Daemon *daemon;
	struct hearth_watch *watch;
	struct hearth_alarm *alarm;
	char address[INET6_ADDRSTRLEN + 16];
	char *target;                    /* path of the target file, or NULL */
};

/* ---- answers ------------------------------------------------------------------------- */

/* Takes the response: NULL closes the connection. */
static enum MHD_Result answer(struct MHD_Connection *connection, unsigned code, const char *type,
                              struct MHD_Response *response)
{
	if (response == NULL)
		return MHD_NO;
	enum MHD_Result result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (result == MHD_YES && code == MHD_HTTP_METHOD_NOT_ALLOWED)
		result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
	if (result == MHD_YES)
		result = MHD_queue_response(connection, code, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned code, const char *text)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "%.200s\n", text);
	return answer(connection, code, "text/plain; charset=utf-8",
	              MHD_create_response_from_buffer((size_t)length, line, MHD_RESPMEM_MUST_COPY));
}

static enum MHD_Result answer_metrics(struct MHD_Connection *connection, const struct hearth_metrics *metrics)
{
	size_t size;
	char *text = hearth_metrics_render(metrics, &size);
	struct MHD_Response *response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);
	if (response == NULL)
		free(text);
	return answer(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", response);
}

static enum MHD_Result answer_ready(struct MHD_Connection *connection, const struct hearth_metrics_http *http)
{
	const char *why = "not ready";
	if (http->ready == NULL || http->ready(http->context, &why))
		return answer_text(connection, MHD_HTTP_OK, "ready");
	return answer_text(connection, MHD_HTTP_SERVICE_UNAVAILABLE, why != NULL ? why : "not ready");
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *body, size_t *body_size, void **state)
{
	const struct hearth_metrics_http *http = context;
	(void)version;
	(void)body;
	(void)body_size;
	(void)state;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET");
	if (strcmp(url, "/metrics") == 0)
		return answer_metrics(connection, http->metrics);
	if (strcmp(url, "/healthz") == 0)
		return answer_text(connection, MHD_HTTP_OK, "alive");
	if (strcmp(url, "/readyz") == 0)
		return answer_ready(connection, http);
	return answer_text(connection, MHD_HTTP_NOT_FOUND, "try /metrics, /healthz or /readyz");
}

/* ---- in the loop ----------------------------------------------------------------------- */

static unsigned connections(struct hearth_metrics_http *http)
{
	return MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

static void run(struct hearth_metrics_http *http)
{
	MHD_UNSIGNED_LONG_LONG milliseconds;
	unsigned before = connections(http);
	MHD_run(http->daemon);
	/* At its limit it stops listening, and listens again only when it is run after a connection has gone. */
	if (connections(http) < before)
		MHD_run(http->daemon);
	if (MHD_get_timeout(http->daemon, &milliseconds) == MHD_YES)
		hearth_alarm_set(http->alarm, milliseconds < 60000 ? (int64_t)milliseconds * 1000 : INT64_C(60000000));
	else
		hearth_alarm_clear(http->alarm);
}

static void socket_stirred(void *context, uint32_t events)
{
	(void)events;
	run(context);
}

static void time_is_over(void *context)
{
	run(context);
}

/* ---- binding ---------------------------------------------------------------------------- */

static int fail_address(const char *address, const char *why, struct hearth_status *status)
{
	return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "METRICS_ADDRESS",
	                   "metrics address %.100s: %s; expected host:port such as 127.0.0.1:0", address, why);
}

/* "127.0.0.1:0", "[::1]:0" and "localhost:0" to a socket address; names are not looked up. */
static int resolve(const char *address, struct addrinfo **ret_found, struct hearth_status *status)
{
	char host[INET6_ADDRSTRLEN + 16];
	const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM
	};
	const char *colon = strrchr(address, ':');
	size_t length = colon != NULL ? (size_t)(colon - address) : 0;
	if (length == 0 || length >= sizeof(host))
		return fail_address(address, "no host and port", status);
	memcpy(host, address, length);
	host[length] = '\0';
	const char *name = host;
	if (host[0] == '[' && host[length - 1] == ']') {
		host[length - 1] = '\0';
		name = host + 1;
	} else if (strcmp(host, "localhost") == 0) {
		name = "127.0.0.1";
	}
	char *end;
	long port = strtol(colon + 1, &end, 10);
	if (end == colon + 1 || *end != '\0' || port < 0 || port > 65535 || colon[1] == '+' || colon[1] == ' ')
		return fail_address(address, "the port is a number from 0 to 65535", status);
	int bad = getaddrinfo(name, colon + 1, &hints, ret_found);
	return bad == 0 ? 0 : fail_address(address, gai_strerror(bad), status);
}

static int bind_socket(const struct addrinfo *where, const char *address, struct hearth_status *status)
{
	const int on = 1;
	int fd = socket(where->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    bind(fd, where->ai_addr, where->ai_addrlen) == 0 && listen(fd, (int)CONNECTIONS_MOST) == 0)
		return fd;
	hearth_fail(status, HEARTH_FAILED_PRECONDITION, "METRICS_ADDRESS", "metrics address %.100s: %s", address,
	            strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void write_address(struct hearth_metrics_http *http, int fd)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	char host[INET6_ADDRSTRLEN], port[8];
	if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0 ||
	    getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
	                NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		abort();
	snprintf(http->address, sizeof(http->address), bound.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static struct MHD_Daemon *start_daemon(struct hearth_metrics_http *http, int fd, struct hearth_status *status)
{
	struct MHD_Daemon *daemon = MHD_start_daemon(
	    MHD_USE_EPOLL, 0, NULL, NULL, handle, http, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
	    CONNECTIONS_MOST, MHD_OPTION_CONNECTION_TIMEOUT, TIMEOUT_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    CONNECTION_MEMORY, MHD_OPTION_END);
	if (daemon == NULL)
		hearth_fail(status, HEARTH_INTERNAL, "METRICS", "the metrics endpoint cannot be started");
	return daemon;
}

struct hearth_metrics_http *hearth_metrics_http_new(const struct hearth_metrics *metrics, struct hearth_loop *loop,
                                                    const char *address, hearth_ready_fn *ready, void *context,
                                                    struct hearth_status *status)
{
	struct addrinfo *where;
	if (resolve(address, &where, status) != 0)
		return NULL;
	int fd = bind_socket(where, address, status);
	freeaddrinfo(where);
	if (fd < 0)
		return NULL;
	struct hearth_metrics_http *http = hearth_alloc(sizeof(*http));
	memset(http, 0, sizeof(*http));
	http->metrics = metrics;
	http->ready = ready;
	http->context = context;
	write_address(http, fd);
	http->daemon = start_daemon(http, fd, status);
	if (http->daemon == NULL) {
		close(fd);
		free(http);
		return NULL;
	}
	http->alarm = hearth_alarm_new(loop, time_is_over, http);
	http->watch = hearth_loop_add(loop, MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
	                              EPOLLIN, socket_stirred, http);
	return http;
}

void hearth_metrics_http_free(struct hearth_metrics_http **http)
{
	if (*http == NULL)
		return;
	if ((*http)->target != NULL)
		unlink((*http)->target);
	free((*http)->target);
	hearth_watch_free(&(*http)->watch);
	hearth_alarm_free(&(*http)->alarm);
	MHD_stop_daemon((*http)->daemon);
	free(*http);
	*http = NULL;
}

const char *hearth_metrics_http_address(const struct hearth_metrics_http *http)
{
	return http->address;
}

/* ---- the target file ------------------------------------------------------------------------ */

static bool is_word(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t length = strspn(text, letters);
	return length > 0 && length <= 64 && text[length] == '\0';
}

static int write_file(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -1;
	ssize_t wrote = write(fd, text, size);
	int bad = close(fd);
	return wrote == (ssize_t)size && bad == 0 ? 0 : -1;
}

int hearth_metrics_http_announce(struct hearth_metrics_http *http, const char *directory, const char *service,
                                 const char *instance, struct hearth_status *status)
{
	char text[320], path[1024], fresh[1040];
	if (!is_word(service) || !is_word(instance))
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "METRICS_TARGET",
		                   "service and instance are 1 to 64 letters, digits, - and _");
	int length = snprintf(path, sizeof(path), "%s/%s-%s.json", directory, service, instance);
	if ((size_t)length >= sizeof(path))
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "METRICS_TARGET", "the metrics directory's path is too long");
	snprintf(fresh, sizeof(fresh), "%s.new", path);   /* file discovery reads *.json alone */
	length = snprintf(text, sizeof(text), "[{\"targets\":[\"%s\"],\"labels\":{\"service\":\"%s\",\"instance\":\"%s\"}}]\n",
	                  http->address, service, instance);
	if (write_file(fresh, text, (size_t)length) != 0 || rename(fresh, path) != 0) {
		int reason = errno;
		unlink(fresh);
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "METRICS_TARGET", "%.200s cannot be written: %s", path,
		                   strerror(reason));
	}
	free(http->target);
	http->target = hearth_strdup(path);
	return 0;
}
