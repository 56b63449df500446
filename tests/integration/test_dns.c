/* test_dns.c: names of hosts: the resolver in the loop, and instances behind dns:// whose addresses change. */
#include "../support/check_main.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <hearth/client.h>
#include <hearth/clock.h>
#include <hearth/v1/common.pb-c.h>

#include "../../services/runtime/resolver.h"
#include "../../services/runtime/server.h"
#include "../support/dns_server.h"
#include "echo_servers.h"

static struct dns_server *dns;
static struct hearth_loop *loop;

static void begin(void)
{
	struct hearth_status status = HEARTH_STATUS_INIT;

	dns = dns_server_start();
	ck_assert_ptr_nonnull(dns);
	ck_assert_int_eq(hearth_dns_servers(dns_server_address(dns), &status), 0);
	loop = hearth_loop_new();
}

static void end(void)
{
	hearth_loop_free(&loop);
	hearth_zmq_end();
	dns_server_stop(&dns);
}

/* ---- the resolver ---- */

struct told {
	int times;
	size_t count;
	struct hearth_ip ips[HEARTH_IPS_MOST];
	char trouble[80];
};

static void note(void *context, const struct hearth_ip *ips, size_t count, const char *trouble)
{
	struct told *told = context;

	told->times++;
	told->count = count;
	if (count > 0)
		memcpy(told->ips, ips, count * sizeof *ips);
	hearth_text_copy(told->trouble, sizeof told->trouble, trouble ? trouble : "");
}

static struct told look_up(const char *host)
{
	struct hearth_resolver *resolver = hearth_resolver_new(loop);
	struct told told = { .times = 0 };

	hearth_resolver_ask(resolver, host, note, &told);
	ck_assert_int_eq(told.times, 0);                 /* never inside the question */
	for (int64_t until = hearth_clock_mono() + 8000000; told.times == 0 && hearth_clock_mono() < until; )
		hearth_loop_turn(loop, 100000);
	ck_assert_int_eq(told.times, 1);
	hearth_resolver_free(&resolver);
	return told;
}

static bool has(const struct told *told, const char *ip)
{
	for (size_t i = 0; i < told->count; i++)
		if (strcmp(told->ips[i].text, ip) == 0)
			return true;
	return false;
}

START_TEST(a_name_is_all_its_addresses_of_both_kinds)
{
	begin();
	dns_server_set(dns, "both.test", "127.0.0.2 127.0.0.3 ::1 127.0.0.2");
	struct told told = look_up("both.test");
	ck_assert_uint_eq(told.count, 3);
	ck_assert(has(&told, "127.0.0.2") && has(&told, "127.0.0.3") && has(&told, "::1"));
	dns_server_set(dns, "six.test", "fd00::17");
	told = look_up("six.test");
	ck_assert_uint_eq(told.count, 1);
	ck_assert_str_eq(told.ips[0].text, "fd00::17");
	told = look_up("127.0.0.9");
	ck_assert_str_eq(told.ips[0].text, "127.0.0.9");
	end();
}
END_TEST

START_TEST(an_answer_too_long_for_udp_is_whole_and_has_a_bound)
{
	char many[2000] = "";
	size_t used = 0;

	begin();
	for (int i = 0; i < 100; i++)
		used += (size_t)snprintf(many + used, sizeof many - used, "127.0.9.%d ", i + 1);
	many[used - 1] = '\0';
	dns_server_set(dns, "many.test", many);
	struct told told = look_up("many.test");
	ck_assert_uint_eq(told.count, HEARTH_IPS_MOST);
	ck_assert(has(&told, "127.0.9.1") && has(&told, "127.0.9.64"));
	end();
}
END_TEST

START_TEST(a_name_without_an_address_says_why)
{
	begin();
	dns_server_set(dns, "none.test", "");
	ck_assert_str_ne(look_up("none.test").trouble, "");
	struct told told = look_up("nobody.test");
	ck_assert_uint_eq(told.count, 0);
	ck_assert_ptr_nonnull(strstr(told.trouble, "not found"));
	dns_server_mood(dns, DNS_REFUSES);
	ck_assert_str_ne(look_up("none.test").trouble, "");
	ck_assert_str_ne(look_up("a name with blanks").trouble, "");
	end();
}
END_TEST

static void count_turn(void *context)
{
	++*(int *)context;
}

START_TEST(a_silent_server_holds_nothing_up_and_ends)
{
	struct hearth_resolver *resolver;
	struct told told = { .times = 0 };
	struct hearth_alarm *alarm;
	int turns = 0;

	begin();
	dns_server_mood(dns, DNS_SILENT);
	resolver = hearth_resolver_new(loop);
	alarm = hearth_alarm_new(loop, count_turn, &turns);
	hearth_resolver_ask(resolver, "slow.test", note, &told);
	for (int64_t until = hearth_clock_mono() + 20000000; told.times == 0 && hearth_clock_mono() < until; ) {
		int64_t from = hearth_clock_mono();

		hearth_alarm_set(alarm, 20000);
		hearth_loop_turn(loop, -1);
		ck_assert_int_lt(hearth_clock_mono() - from, 500000);
	}
	ck_assert_int_gt(turns, 50);
	ck_assert_uint_eq(told.count, 0);
	ck_assert_str_ne(told.trouble, "");
	/* One that is cancelled, and one that is never answered, are nobody's any more. */
	struct hearth_lookup *lookup = hearth_resolver_ask(resolver, "slow.test", note, &told);
	hearth_resolver_ask(resolver, "slower.test", note, &told);
	hearth_lookup_cancel(&lookup);
	hearth_resolver_free(&resolver);
	ck_assert_int_eq(told.times, 1);
	hearth_alarm_free(&alarm);
	end();
}
END_TEST

START_TEST(what_is_no_list_of_servers_is_refused)
{
	static const char *const bad[] = { "nonsense", "127.0.0.1:x", "dns.example" };
	struct hearth_status status = HEARTH_STATUS_INIT;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		ck_assert_msg(hearth_dns_servers(bad[i], &status) == -1, "%s", bad[i]);
	ck_assert_int_eq(hearth_dns_servers("127.0.0.1,[::1]:5353", &status), 0);
	ck_assert_int_eq(hearth_dns_servers("", &status), 0);
}
END_TEST

/* ---- instances ---- */

#define SERVERS 3
static int port;
static const char *third;            /* the address of the third server: IPv6 where there is any */

static struct hearth_client *open_client(const char *address)
{
	struct hearth_client *client = hearth_client_new(loop, NULL);
	struct hearth_status status = HEARTH_STATUS_INIT;

	ck_assert_msg(hearth_client_locate(client, "echo", address, &status) == 0, "%s", status.message);
	return client;
}

static int call(struct hearth_client *client, int timeout_ms, struct hearth_status *status)
{
	Hearth__V1__ExternalId request = HEARTH__V1__EXTERNAL_ID__INIT;
	struct hearth_call_options options = { .timeout_ms = timeout_ms };
	ProtobufCMessage *reply = NULL;
	int result = hearth_client_call(client, "hearth.echo.v1.Echo/GetIt", &request.base,
	                                &hearth__v1__external_id__descriptor, &options, NULL, &reply, NULL, status);

	if (result == 0)
		protobuf_c_message_free_unpacked(reply, NULL);
	return result;
}

static void call_for(struct hearth_client *client, int ms)
{
	struct hearth_status status = HEARTH_STATUS_INIT;

	for (int64_t until = hearth_clock_mono() + (int64_t)ms * 1000; hearth_clock_mono() < until; usleep(200))
		ck_assert_msg(call(client, 5000, &status) == 0, "%s %s", status.reason, status.message);
}

/* Calls until the servers of the pattern ("x-x": first and third) have all been called, and no others any more. */
static void calls_go_to(struct hearth_client *client, const char *pattern)
{
	int before[SERVERS];
	bool right = false;

	for (int tries = 0; tries < 80 && !right; tries++) {
		for (int i = 0; i < SERVERS; i++)
			before[i] = atomic_load(&echo_servers[i].seen);
		call_for(client, 100);
		right = true;
		for (int i = 0; i < SERVERS; i++)
			right = right && (atomic_load(&echo_servers[i].seen) > before[i]) == (pattern[i] == 'x');
	}
	ck_assert_msg(right, "calls do not go to %s", pattern);
}

static void close_all(struct hearth_client **client)
{
	hearth_client_free(client);
	echo_servers_end();
	end();
}

static struct hearth_client *open_named(const char *addresses)
{
	const char *const hosts[SERVERS] = { "127.0.0.2", "127.0.0.3", echo_servers_six() ? "[::1]" : "127.0.0.4" };
	char address[64];

	third = echo_servers_six() ? "::1" : "127.0.0.4";
	echo_servers_begin();
	port = echo_servers_at(hosts, SERVERS);
	begin();
	dns_server_set(dns, "echo.test", addresses);
	snprintf(address, sizeof address, "dns://{service}.test:%d", port);
	return open_client(address);
}

START_TEST(every_address_of_a_name_is_an_instance_and_changes_are_followed)
{
	struct hearth_client *client = open_named("127.0.0.2");
	char addresses[64];

	calls_go_to(client, "x--");
	snprintf(addresses, sizeof addresses, "127.0.0.2 127.0.0.3 %s", third);
	dns_server_set(dns, "echo.test", addresses);
	calls_go_to(client, "xxx");
	dns_server_set(dns, "echo.test", "127.0.0.3");
	calls_go_to(client, "-x-");
	const char *endpoints[8];
	ck_assert_uint_eq(hearth_client_instances(client, "echo", endpoints, 8), 1);
	close_all(&client);
}
END_TEST

START_TEST(a_lookup_that_fails_keeps_what_is_known)
{
	static const enum dns_mood moods[] = { DNS_REFUSES, DNS_SILENT };
	struct hearth_client *client = open_named("127.0.0.2 127.0.0.3");
	char addresses[64];

	calls_go_to(client, "xx-");
	for (size_t i = 0; i < 2; i++) {
		dns_server_mood(dns, moods[i]);
		int before = dns_server_questions(dns);
		call_for(client, 2500);
		ck_assert_int_gt(dns_server_questions(dns), before);
		calls_go_to(client, "xx-");
	}
	/* Then one goes, and comes back where it was. */
	echo_server_kill(0);
	calls_go_to(client, "-x-");
	dns_server_mood(dns, DNS_ANSWERS);
	snprintf(addresses, sizeof addresses, "%s 127.0.0.3", third);
	dns_server_set(dns, "echo.test", addresses);
	calls_go_to(client, "-xx");
	close_all(&client);
}
END_TEST

START_TEST(a_lost_instance_has_the_name_looked_up_at_once)
{
	struct hearth_client *client = open_named("127.0.0.2");
	struct hearth_status status = HEARTH_STATUS_INIT;

	calls_go_to(client, "x--");
	dns_server_set(dns, "echo.test", "127.0.0.3");
	echo_server_kill(0);
	int64_t from = hearth_clock_mono();
	ck_assert_msg(call(client, 5000, &status) == 0, "%s", status.message);
	ck_assert_int_lt(hearth_clock_mono() - from, 1500000);      /* in the order of things it would be two seconds */
	close_all(&client);
}
END_TEST

START_TEST(a_name_that_is_not_there_yet_is_waited_for_and_told)
{
	struct hearth_client *client = open_named("127.0.0.2");
	struct hearth_status status = HEARTH_STATUS_INIT;
	char address[64];

	snprintf(address, sizeof address, "dns://later.test:%d", port);
	ck_assert_int_eq(hearth_client_locate(client, "echo", address, &status), 0);
	ck_assert_int_eq(call(client, 700, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_UNAVAILABLE);
	ck_assert_msg(strstr(status.message, "no instance of echo at dns://later.test:") && strstr(status.message, "not found"),
	              "%s", status.message);
	dns_server_set(dns, "later.test", "127.0.0.3");
	ck_assert_msg(call(client, 5000, &status) == 0, "%s", status.message);
	close_all(&client);
}
END_TEST

START_TEST(addresses_of_every_kind_are_read_and_bad_ones_refused)
{
	static const char *const good[] = { "dns://a:1", "dns://a.b-c_d:65535,e:2", "tcp://[::1]:7", "dns://a:1,tcp://b:2,c:3,ipc:///x",
	                                    "dns://{service}:7400", "dns://{service}.{service}:1" };
	static const char *const bad[] = { "dns://", "dns://a", "dns://a:0", "dns://:1", "dns://[::1]:1", "dns://a b:1", "dns://a:*",
	                                   "tcp://[]:1", "tcp://[::g]:1", "tcp://[::1:1", "dns://{host}:1" };
	struct hearth_client *client = hearth_client_new(NULL, NULL);

	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;

		ck_assert_msg(hearth_client_locate(client, "echo", good[i], &status) == 0, "%s: %s", good[i], status.message);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;

		ck_assert_msg(hearth_client_locate(client, "echo", bad[i], &status) == -1, "%s", bad[i]);
		ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	}
	hearth_client_free(&client);
	hearth_zmq_end();
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 60 };

	return CHECK_MAIN_WITH(&options, "dns", a_name_is_all_its_addresses_of_both_kinds,
	                       an_answer_too_long_for_udp_is_whole_and_has_a_bound, a_name_without_an_address_says_why,
	                       a_silent_server_holds_nothing_up_and_ends, what_is_no_list_of_servers_is_refused,
	                       every_address_of_a_name_is_an_instance_and_changes_are_followed,
	                       a_lookup_that_fails_keeps_what_is_known, a_lost_instance_has_the_name_looked_up_at_once,
	                       a_name_that_is_not_there_yet_is_waited_for_and_told,
	                       addresses_of_every_kind_are_read_and_bad_ones_refused);
}
