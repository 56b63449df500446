/* test_metrics.c: the registry's text, and the endpoint through a real socket inside a real loop. */
#include <hearth/clock.h>
#include <hearth/status.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../services/runtime/loop.h"
#include "../../services/runtime/metrics.h"
#include "../support/check_main.h"

static struct hearth_loop *loop;
static struct hearth_metrics *metrics;
static struct hearth_status status;
static bool is_ready;
static char answer[65536];

static double forty_two(void *context)
{
	(void)context;
	return 42.5;
}

static bool ready(void *context, const char **ret_why)
{
	(void)context;
	if (!is_ready)
		*ret_why = "the database is away";
	return is_ready;
}

static void serve(void)
{
	loop = hearth_loop_new();
	metrics = hearth_metrics_new();
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	ck_assert_msg(hearth_metrics_serve(metrics, loop, "127.0.0.1:0", ready, NULL, &status) == 0, "%s", status.message);
}

static void stop(void)
{
	hearth_metrics_free(&metrics);
	hearth_loop_free(&loop);
}

static int dial(void)
{
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int port = atoi(strrchr(hearth_metrics_address(metrics), ':') + 1);
	where.sin_port = htons((uint16_t)port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&where, sizeof(where)), 0);
	return fd;
}

/* Everything until the other side closes; the loop turns meanwhile. */
static const char *ask(const char *request)
{
	int fd = dial();
	size_t size = 0;
	ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
	for (int turns = 0; turns < 500; turns++) {
		hearth_loop_turn(loop, 10000);
		ssize_t got = recv(fd, answer + size, sizeof(answer) - 1 - size, MSG_DONTWAIT);
		if (got > 0)
			size += (size_t)got;
		else if (got == 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	close(fd);
	answer[size] = '\0';
	return answer;
}

static const char *get(const char *path)
{
	char request[256];
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	return ask(request);
}

START_TEST(metrics_are_shown_in_prometheus_form)
{
	size_t size;
	metrics = hearth_metrics_new();
	struct hearth_counter *first = hearth_metrics_counter(metrics, "hearth_calls_total", "Calls.", "method=\"A\"");
	struct hearth_gauge *gauge = hearth_metrics_gauge(metrics, "hearth_queued", "Waiting.", "");
	struct hearth_counter *second = hearth_metrics_counter(metrics, "hearth_calls_total", "Calls.", "method=\"B\"");
	hearth_metrics_gauge_of(metrics, "hearth_lag", "Lag.", "", forty_two, NULL);
	hearth_counter_add(first, 3);
	hearth_counter_add(second, UINT64_MAX);
	hearth_gauge_set(gauge, -1.5);
	char *text = hearth_metrics_render(metrics, &size);
	ck_assert_uint_eq(size, strlen(text));
	ck_assert_str_eq(text, "# HELP hearth_calls_total Calls.\n# TYPE hearth_calls_total counter\n"
	                       "hearth_calls_total{method=\"A\"} 3\nhearth_calls_total{method=\"B\"} 18446744073709551615\n"
	                       "# HELP hearth_queued Waiting.\n# TYPE hearth_queued gauge\nhearth_queued -1.5\n"
	                       "# HELP hearth_lag Lag.\n# TYPE hearth_lag gauge\nhearth_lag 42.5\n");
	free(text);
	hearth_metrics_free(&metrics);
}
END_TEST

START_TEST(a_histogram_counts_each_bound_and_all_below)
{
	size_t size;
	metrics = hearth_metrics_new();
	struct hearth_histogram *histogram = hearth_metrics_histogram(metrics, "h_seconds", "Time.", "kind=\"read\"");
	static const int64_t took[] = { -5, 500, 501, 9000, 10000000, 10000001 };
	for (size_t i = 0; i < sizeof(took) / sizeof(took[0]); i++)
		hearth_histogram_observe(histogram, took[i]);
	char *text = hearth_metrics_render(metrics, &size);
	static const char *const lines[] = {
		"# TYPE h_seconds histogram\n", "h_seconds_bucket{kind=\"read\",le=\"0.0005\"} 2\n",
		"h_seconds_bucket{kind=\"read\",le=\"0.001\"} 3\n", "h_seconds_bucket{kind=\"read\",le=\"0.01\"} 4\n",
		"h_seconds_bucket{kind=\"read\",le=\"10\"} 5\n", "h_seconds_bucket{kind=\"read\",le=\"+Inf\"} 6\n",
		"h_seconds_sum{kind=\"read\"} 20.010002\n", "h_seconds_count{kind=\"read\"} 6\n"
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(strstr(text, lines[i]) != NULL, "lacks %s in\n%s", lines[i], text);
	free(text);
	hearth_metrics_free(&metrics);
}
END_TEST

START_TEST(the_endpoint_answers_metrics_and_health)
{
	serve();
	hearth_counter_add(hearth_metrics_counter(metrics, "seen_total", "Seen.", ""), 7);
	ck_assert_ptr_nonnull(strstr(get("/metrics"), "HTTP/1.1 200"));
	ck_assert_ptr_nonnull(strstr(answer, "version=0.0.4"));
	ck_assert_ptr_nonnull(strstr(answer, "\r\n\r\n# HELP seen_total Seen.\n# TYPE seen_total counter\nseen_total 7\n"));
	ck_assert_ptr_nonnull(strstr(get("/healthz"), "HTTP/1.1 200"));
	ck_assert_ptr_nonnull(strstr(get("/other"), "HTTP/1.1 404"));
	stop();
}
END_TEST

START_TEST(readiness_follows_its_callback_and_says_why)
{
	serve();
	is_ready = false;
	ck_assert_ptr_nonnull(strstr(get("/readyz"), "HTTP/1.1 503"));
	ck_assert_ptr_nonnull(strstr(answer, "the database is away"));
	ck_assert_ptr_nonnull(strstr(get("/healthz"), "HTTP/1.1 200"));
	is_ready = true;
	ck_assert_ptr_nonnull(strstr(get("/readyz"), "HTTP/1.1 200"));
	stop();
}
END_TEST

START_TEST(only_get_is_answered)
{
	static const char *const methods[] = { "POST", "PUT", "DELETE", "OPTIONS" };
	serve();
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		char request[128];
		snprintf(request, sizeof(request), "%s /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		         methods[i]);
		ck_assert_msg(strstr(ask(request), "HTTP/1.1 405") != NULL, "%s: %s", methods[i], answer);
		ck_assert_ptr_nonnull(strstr(answer, "Allow: GET"));
	}
	stop();
}
END_TEST

START_TEST(rubbish_and_long_headers_do_not_stop_the_endpoint)
{
	static char request[40000];
	serve();
	ask("\r\n\x01\x02 rubbish\r\n\r\n");
	int length = snprintf(request, sizeof(request), "GET /metrics HTTP/1.1\r\nX: ");
	memset(request + length, 'x', sizeof(request) - (size_t)length - 1);
	ask(request);
	ck_assert_ptr_null(strstr(answer, "HTTP/1.1 200"));
	ck_assert_ptr_nonnull(strstr(get("/healthz"), "HTTP/1.1 200"));
	stop();
}
END_TEST

START_TEST(more_connections_than_the_limit_wait_their_turn)
{
	int fds[40];
	serve();
	for (int i = 0; i < 40; i++) {
		fds[i] = dial();
		hearth_loop_turn(loop, 1000);
	}
	int64_t before = hearth_clock_mono();
	for (int i = 0; i < 10; i++)
		hearth_loop_turn(loop, 20000);
	ck_assert_msg(hearth_clock_mono() - before > 100000, "the loop spins while connections wait");
	for (int i = 0; i < 40; i++)
		close(fds[i]);
	ck_assert_ptr_nonnull(strstr(get("/healthz"), "HTTP/1.1 200"));
	stop();
}
END_TEST

START_TEST(the_target_file_tells_the_bound_address_and_goes_at_the_end)
{
	char directory[] = "metrics-test-XXXXXX", path[64], expected[256], text[256] = "";
	ck_assert_ptr_nonnull(mkdtemp(directory));
	serve();
	ck_assert_int_eq(hearth_metrics_announce(metrics, directory, "referrals", "i-1", &status), 0);
	snprintf(path, sizeof(path), "%s/referrals-i-1.json", directory);
	snprintf(expected, sizeof(expected),
	         "[{\"targets\":[\"%s\"],\"labels\":{\"service\":\"referrals\",\"instance\":\"i-1\"}}]\n",
	         hearth_metrics_address(metrics));
	FILE *file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_gt(fread(text, 1, sizeof(text) - 1, file), 0);
	fclose(file);
	ck_assert_str_eq(text, expected);
	stop();
	ck_assert_int_eq(access(path, F_OK), -1);
	ck_assert_int_eq(rmdir(directory), 0);      /* nothing else was left */
}
END_TEST

START_TEST(a_target_file_that_cannot_be_written_is_an_error)
{
	serve();
	ck_assert_int_eq(hearth_metrics_announce(metrics, "no-such-directory", "referrals", "i-1", &status), -1);
	ck_assert_int_eq(hearth_metrics_announce(metrics, ".", "../x", "i-1", &status), -1);
	ck_assert_int_eq(hearth_metrics_announce(metrics, ".", "referrals", "", &status), -1);
	stop();
}
END_TEST

START_TEST(a_bad_address_is_refused_by_name)
{
	static const char *const bad[] = {
		"", "127.0.0.1", ":0", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:-1", "example.invalid:0",
		"999.0.0.1:0", "127.0.0.1:0x", "127.0.0.1: 0"
	};
	loop = hearth_loop_new();
	metrics = hearth_metrics_new();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		status = (struct hearth_status)HEARTH_STATUS_INIT;
		ck_assert_msg(hearth_metrics_serve(metrics, loop, bad[i], NULL, NULL, &status) == -1, "\"%s\"", bad[i]);
		ck_assert_str_eq(status.reason, "METRICS_ADDRESS");
	}
	ck_assert_str_eq(hearth_metrics_address(metrics), "");
	stop();
}
END_TEST

START_TEST(an_address_in_use_is_an_error)
{
	serve();
	struct hearth_metrics *other = hearth_metrics_new();
	ck_assert_int_eq(hearth_metrics_serve(other, loop, hearth_metrics_address(metrics), NULL, NULL, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_FAILED_PRECONDITION);
	hearth_metrics_free(&other);
	stop();
}
END_TEST

int main(void)
{
	return CHECK_MAIN_WITH((&(struct check_options){ .timeout = 30 }), "metrics", metrics_are_shown_in_prometheus_form,
	                       a_histogram_counts_each_bound_and_all_below, the_endpoint_answers_metrics_and_health,
	                       readiness_follows_its_callback_and_says_why, only_get_is_answered,
	                       rubbish_and_long_headers_do_not_stop_the_endpoint,
	                       more_connections_than_the_limit_wait_their_turn,
	                       the_target_file_tells_the_bound_address_and_goes_at_the_end,
	                       a_target_file_that_cannot_be_written_is_an_error, a_bad_address_is_refused_by_name,
	                       an_address_in_use_is_an_error);
}
