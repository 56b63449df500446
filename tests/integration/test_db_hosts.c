/* test_db_hosts.c: a database named by a host: looked up without holding the loop up, several hosts, a host that moves.
 *
 * The tests' PostgreSQL listens on a unix socket alone, so relays of the test's own stand before it, at addresses that
 * its own DNS server names.
 */
#include "../support/check_main.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearth/client.h>
#include <hearth/clock.h>

#include "../../services/runtime/db_hosts.h"
#include "../support/dns_server.h"
#include "db_side.h"

#define PAIRS 16

static struct dns_server *dns;

/* ---- relays ---- */

static int connect_socket(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(to.sun_path, sizeof to.sun_path, "%.80s/.s.PGSQL.5432", support_pg_socket(db_server));
	return connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static bool pass_on(int from, int to)
{
	char bytes[16384];
	ssize_t got = read(from, bytes, sizeof bytes);

	return got > 0 && write(to, bytes, (size_t)got) == got;
}

static void relay(int listener, pid_t parent)
{
	struct pollfd fds[1 + 2 * PAIRS] = { { .fd = listener, .events = POLLIN } };
	nfds_t count = 1;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	signal(SIGPIPE, SIG_IGN);
	while (poll(fds, count, -1) > 0) {
		for (nfds_t i = 1; i < count; i++) {
			nfds_t other = i % 2 ? i + 1 : i - 1;

			if (fds[i].fd < 0 || fds[i].revents == 0 || pass_on(fds[i].fd, fds[other].fd))
				continue;
			close(fds[i].fd);
			close(fds[other].fd);
			fds[i].fd = fds[other].fd = -1;
		}
		if ((fds[0].revents & POLLIN) && count + 2 <= 1 + 2 * PAIRS) {
			fds[count++] = (struct pollfd){ .fd = accept(listener, NULL, NULL), .events = POLLIN };
			fds[count++] = (struct pollfd){ .fd = connect_socket(), .events = POLLIN };
		}
	}
	_exit(1);
}

static int listen_at(const char *host, int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	inet_pton(AF_INET, host, &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	ck_assert_int_eq(listen(fd, 16), 0);
	return fd;
}

static pid_t relay_at(const char *host, int port)
{
	int listener = listen_at(host, port);
	pid_t parent = getpid(), child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0)
		relay(listener, parent);
	close(listener);
	return child;
}

static void end_relay(pid_t *pid)
{
	if (*pid > 0 && kill(*pid, SIGKILL) == 0)
		waitpid(*pid, NULL, 0);
	*pid = 0;
}

/* ---- the side under test ---- */

static int port;

static void begin(const char *schema)
{
	struct hearth_status status = HEARTH_STATUS_INIT;

	dns = dns_server_start();
	ck_assert_ptr_nonnull(dns);
	ck_assert_int_eq(hearth_dns_servers(dns_server_address(dns), &status), 0);
	PQfinish(db_make_schema(db_server, schema));
	port = 24000 + getpid() % 8000;
}

static void open_at(struct side *side, const char *hosts, const char *schema)
{
	char url[256];

	snprintf(url, sizeof url, "host=%s port=%d dbname=" DATABASE " user=hearth sslmode=disable gssencmode=disable", hosts, port);
	db_open_side_with(side, url, schema, db_files);
}

static void works(struct side *side, int id)
{
	struct job *job = db_put(side, id, id);

	db_turn_until(side, db_is_idle, 5);
	db_expect(job, HEARTH_OK);
	free(job);
}

START_TEST(a_database_found_by_name_holds_nothing_up)
{
	struct side side;
	begin("t_named");
	pid_t place = relay_at("127.0.0.5", port);
	dns_server_mood(dns, DNS_SILENT);
	open_at(&side, "pg.test", "t_named");
	int64_t longest = 0;
	for (int64_t from = hearth_clock_mono(); hearth_clock_mono() - from < 3000000;) {
		int64_t began = hearth_clock_mono();
		hearth_loop_turn(side.loop, 5000);
		longest = hearth_clock_mono() - began > longest ? hearth_clock_mono() - began : longest;
	}
	ck_assert_int_lt(longest, 500000);
	ck_assert(!hearth_db_ready(side.db));
	ck_assert_msg(strstr(hearth_db_trouble(side.db), "pg.test") != NULL, "%s", hearth_db_trouble(side.db));
	dns_server_set(dns, "pg.test", "127.0.0.5");
	dns_server_mood(dns, DNS_ANSWERS);
	db_turn_until(&side, db_is_ready, 10);
	works(&side, 1);
	db_close_side(&side);
	end_relay(&place);
	dns_server_stop(&dns);
}
END_TEST

START_TEST(a_database_that_moves_is_found_again_and_a_dns_that_fails_harms_nothing)
{
	struct side side;
	begin("t_moves");
	pid_t first = relay_at("127.0.0.5", port), second = 0;
	dns_server_set(dns, "pg.test", "127.0.0.5");
	open_at(&side, "pg.test", "t_moves");
	db_turn_until(&side, db_is_ready, 10);
	end_relay(&first);
	db_turn_until(&side, db_is_away, 5);
	dns_server_set(dns, "pg.test", "127.0.0.6");
	second = relay_at("127.0.0.6", port);
	db_turn_until(&side, db_is_ready, 10);
	works(&side, 1);
	/* It goes and comes back where it was, while nobody answers for its name. */
	dns_server_mood(dns, DNS_REFUSES);
	end_relay(&second);
	db_turn_until(&side, db_is_away, 5);
	second = relay_at("127.0.0.6", port);
	db_turn_until(&side, db_is_ready, 15);
	works(&side, 2);
	db_close_side(&side);
	end_relay(&second);
	dns_server_stop(&dns);
}
END_TEST

START_TEST(of_several_hosts_the_next_is_tried_also_when_the_first_says_nothing)
{
	struct side side;
	begin("t_several");
	pid_t place = relay_at("127.0.0.5", port);
	int silent = listen_at("127.0.0.7", port);       /* takes connections, answers nothing */
	dns_server_set(dns, "pg.test", "127.0.0.6 127.0.0.5");
	dns_server_set(dns, "silent.test", "127.0.0.7");
	open_at(&side, "nobody.test,pg.test", "t_several");
	db_turn_until(&side, db_is_ready, 10);
	works(&side, 1);
	db_close_side(&side);
	open_at(&side, "silent.test,127.0.0.5", "t_several");
	db_turn_until(&side, db_is_ready, 15);
	works(&side, 2);
	db_close_side(&side);
	close(silent);
	end_relay(&place);
	dns_server_stop(&dns);
}
END_TEST

/* ---- what libpq is told ---- */

static struct hearth_loop *loop;

static void set_true(void *context)
{
	*(bool *)context = true;
}

static void told(const char *host, const char *hostaddr, const char *ports, const char *want)
{
	struct hearth_resolver *resolver = hearth_resolver_new(loop);
	struct hearth_db_hosts *hosts = hearth_db_hosts_new(resolver, host, hostaddr, ports);
	char got[600] = "as it is";
	bool looked = false;

	if (hosts) {
		if (hearth_db_hosts_look(hosts, set_true, &looked) == 0)
			looked = true;
		for (int64_t until = hearth_clock_mono() + 5000000; !looked && hearth_clock_mono() < until;)
			hearth_loop_turn(loop, 10000);
		ck_assert(looked);
		snprintf(got, sizeof got, "none");
		if (hearth_db_hosts_fill(hosts) == 0)
			snprintf(got, sizeof got, "%.150s|%.150s|%.150s", hosts->host, hosts->hostaddr, hosts->port);
	}
	ck_assert_msg(strcmp(got, want) == 0, "%s %s %s: %s, not %s", host, hostaddr, ports, got, want);
	hearth_db_hosts_free(&hosts);
	hearth_resolver_free(&resolver);
}

START_TEST(each_address_of_each_host_is_an_entry_of_its_own)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	dns = dns_server_start();
	ck_assert_int_eq(hearth_dns_servers(dns_server_address(dns), &status), 0);
	loop = hearth_loop_new();
	dns_server_set(dns, "two.test", "127.0.0.2 127.0.0.3");
	dns_server_set(dns, "one.test", "::1");
	told("/run/postgresql", NULL, NULL, "as it is");
	told("127.0.0.1", NULL, "5432", "as it is");
	told("::1", NULL, NULL, "as it is");
	told("", NULL, NULL, "as it is");
	told("two.test", "127.0.0.9", NULL, "as it is");
	told("two.test", NULL, NULL, "two.test,two.test|127.0.0.2,127.0.0.3|,");
	told("one.test,/run,two.test", NULL, "1,2,3", "one.test,/run,two.test,two.test|::1,,127.0.0.2,127.0.0.3|1,2,3,3");
	told("10.0.0.1,one.test", NULL, "7", "10.0.0.1,one.test|,::1|7,7");
	told("two.test,one.test", "127.0.0.9,", NULL, "two.test,one.test|127.0.0.9,::1|,");
	told("nobody.test", NULL, NULL, "none");
	told("nobody.test,one.test", NULL, NULL, "one.test|::1|");
	told("one.test,two.test", NULL, "1,2,3", "as it is");      /* libpq says what is wrong with it */
	hearth_loop_free(&loop);
	dns_server_stop(&dns);
}
END_TEST

int main(void)
{
	static const struct check_options options = { db_set_up, db_tear_down, 60 };

	return CHECK_MAIN_WITH(&options, "db hosts", a_database_found_by_name_holds_nothing_up,
	                       a_database_that_moves_is_found_again_and_a_dns_that_fails_harms_nothing,
	                       of_several_hosts_the_next_is_tried_also_when_the_first_says_nothing,
	                       each_address_of_each_host_is_an_entry_of_its_own);
}
