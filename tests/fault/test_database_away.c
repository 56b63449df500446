/* test_database_away.c: PostgreSQL is stopped under running services: calls answer UNAVAILABLE within their deadlines,
 * health says alive and not ready; when it comes back everything works by itself, and what was asked has one effect.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include <hearth/clock.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

#include "../support/check_main.h"
#include "../support/suite.h"

#define CLOCK "2025-05-01T09:00:00Z"
#define DEADLINE_MS 1500
#define SLACK_MS 400
#define WAIT_US INT64_C(20000000)
#define CREATE "hearth.referrals.v1.Referrals/CreateReferral"

static const char *const services[] = { "referrals", NULL };
static struct support_pg *pg;
static struct suite *suite;
static struct hearth_client *client;

struct ask {
	struct hearth_uuid request_id;
	char referral_id[HEARTH_UUID_SIZE], child_id[HEARTH_UUID_SIZE];
};

static void begin(void)
{
	pg = support_pg_start_own(NULL);
	ck_assert_ptr_nonnull(pg);
	suite = suite_start(&(struct suite_options){ .services = services, .instances = 2, .clock = CLOCK, .pg = pg });
	ck_assert_ptr_nonnull(suite);
	client = suite_client(suite, "999", SUITE_ALL_ROLES);
}

static void end(void)
{
	ck_assert_int_eq(suite_stop(&suite), 0);
	support_pg_stop(&pg);
}

static struct ask new_ask(void)
{
	struct ask ask;
	struct hearth_uuid id;
	hearth_uuid_new(&ask.request_id);
	hearth_uuid_new(&id);
	hearth_uuid_format(&id, ask.referral_id);
	hearth_uuid_new(&id);
	hearth_uuid_format(&id, ask.child_id);
	return ask;
}

static enum hearth_code create(const struct ask *ask, int timeout_ms)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	Hearth__Referrals__V1__CreateReferralRequest request = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	const struct hearth_call_options options = { .timeout_ms = timeout_ms, .request_id = &ask->request_id };
	ProtobufCMessage *reply = NULL;
	bool replayed = false;
	request.referral_id = (char *)ask->referral_id;
	request.child_id = (char *)ask->child_id;
	request.urgency = HEARTH__REFERRALS__V1__URGENCY__URGENT;
	if (hearth_client_call(client, CREATE, &request.base, &hearth__referrals__v1__create_referral_response__descriptor,
	                       &options, NULL, &reply, &replayed, &status) == 0)
		protobuf_c_message_free_unpacked(reply, NULL);
	return status.code;
}

static enum hearth_code read_back(const char *referral_id, int timeout_ms)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	Hearth__Referrals__V1__GetReferralRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;
	const struct hearth_call_options options = { .timeout_ms = timeout_ms };
	ProtobufCMessage *reply = NULL;
	bool replayed = false;
	request.referral_id = (char *)referral_id;
	if (hearth_client_call(client, "hearth.referrals.v1.Referrals/GetReferral", &request.base,
	                       &hearth__referrals__v1__get_referral_response__descriptor, &options, NULL, &reply, &replayed,
	                       &status) == 0)
		protobuf_c_message_free_unpacked(reply, NULL);
	return status.code;
}

/* UNAVAILABLE, and no later than the deadline. */
static void assert_away(enum hearth_code code, int64_t began_us)
{
	ck_assert_str_eq(hearth_code_name(code), "UNAVAILABLE");
	ck_assert_int_lt((hearth_clock_mono() - began_us) / 1000, DEADLINE_MS + SLACK_MS);
}

/* Every process is alive: it answers. Is it ready? */
static int ready_count(void)
{
	const char *found[SUITE_INSTANCES_MOST];
	char endpoints[SUITE_INSTANCES_MOST][160];
	int ready = 0;
	size_t count = hearth_client_instances(client, "referrals", found, SUITE_INSTANCES_MOST);
	for (size_t i = 0; i < count; i++)
		hearth_text_copy(endpoints[i], sizeof endpoints[i], found[i]);
	for (size_t i = 0; i < count; i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		Hearth__Control__V1__CheckRequest request = HEARTH__CONTROL__V1__CHECK_REQUEST__INIT;
		const struct hearth_call_options options = { .timeout_ms = 1000, .instance = endpoints[i], .once = true };
		ProtobufCMessage *reply = NULL;
		bool replayed = false;
		int outcome = hearth_client_call(client, "referrals:hearth.control.v1.Health/Check", &request.base,
		                                 &hearth__control__v1__check_response__descriptor, &options, NULL, &reply, &replayed,
		                                 &status);
		if (outcome != 0)
			continue;
		ready += ((Hearth__Control__V1__CheckResponse *)reply)->status == HEARTH__CONTROL__V1__SERVING_STATUS__SERVING ? 1
		                                                                                                                : 100;
		protobuf_c_message_free_unpacked(reply, NULL);
	}
	return ready;
}

static void await_ready_count(int wanted)
{
	int64_t until_us = hearth_clock_mono() + WAIT_US;
	while (ready_count() != wanted && hearth_clock_mono() < until_us)
		continue;
	ck_assert_int_eq(ready_count(), wanted);
}

static long rows(const char *sql, const char *value)
{
	const char *const values[] = { value };
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexecParams(db, sql, 1, NULL, values, NULL, NULL, 0);
	long count = PQntuples(result) == 1 ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : -1;
	PQclear(result);
	PQfinish(db);
	return count;
}

static void assert_one_effect(const struct ask *ask)
{
	ck_assert_int_eq(rows("SELECT count(1) FROM referrals.referral WHERE id = $1::uuid", ask->referral_id), 1);
	ck_assert_int_eq(rows("SELECT count(1) FROM referrals.outbox WHERE aggregateid = $1", ask->referral_id), 1);
}

START_TEST(away_is_said_within_the_deadline_and_back_needs_nobody)
{
	struct ask before = new_ask(), during = new_ask();
	pid_t pids[2];
	begin();
	for (int i = 0; i < 2; i++)
		pids[i] = suite_pid(suite, "referrals", i);
	ck_assert_int_eq(create(&before, 5000), HEARTH_OK);
	ck_assert_int_eq(support_pg_kill(pg), 0);
	int64_t began_us = hearth_clock_mono();
	assert_away(create(&during, DEADLINE_MS), began_us);
	began_us = hearth_clock_mono();
	assert_away(read_back(before.referral_id, DEADLINE_MS), began_us);
	await_ready_count(200);
	ck_assert_int_eq(support_pg_restart(pg), 0);
	await_ready_count(2);
	ck_assert_int_eq(create(&during, 5000), HEARTH_OK);
	ck_assert_int_eq(create(&during, 5000), HEARTH_OK);
	ck_assert_int_eq(read_back(before.referral_id, 5000), HEARTH_OK);
	assert_one_effect(&before);
	assert_one_effect(&during);
	for (int i = 0; i < 2; i++)
		ck_assert(suite_runs(suite, "referrals", i) && suite_pid(suite, "referrals", i) == pids[i]);
	end();
}
END_TEST

static void answered(void *context, const struct hearth_reply *reply)
{
	*(enum hearth_code *)context = reply->status.code;
}

START_TEST(a_write_with_time_waits_for_the_database)
{
	struct ask ask = new_ask();
	struct hearth_status status = HEARTH_STATUS_INIT;
	enum hearth_code code = HEARTH_CANCELLED;
	Hearth__Referrals__V1__CreateReferralRequest request = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	const struct hearth_call_options options = { .timeout_ms = 20000, .request_id = &ask.request_id };
	begin();
	ck_assert_int_eq(support_pg_kill(pg), 0);
	request.referral_id = ask.referral_id;
	request.child_id = ask.child_id;
	request.urgency = HEARTH__REFERRALS__V1__URGENCY__URGENT;
	ck_assert_int_eq(hearth_client_send(client, CREATE, &request.base, &options, answered, &code, &status), 0);
	ck_assert_uint_eq(hearth_client_run(client, 500), 1);
	ck_assert_int_eq(support_pg_restart(pg), 0);
	ck_assert_uint_eq(hearth_client_run(client, 20000), 0);
	ck_assert_str_eq(hearth_code_name(code), "OK");
	assert_one_effect(&ask);
	end();
}
END_TEST

START_TEST(a_process_that_starts_without_its_database_waits_for_it)
{
	struct ask ask = new_ask();
	begin();
	ck_assert_int_eq(support_pg_kill(pg), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_restart_process(suite, "referrals", i), 0);
	await_ready_count(200);
	int64_t began_us = hearth_clock_mono();
	assert_away(create(&ask, DEADLINE_MS), began_us);
	began_us = hearth_clock_mono();
	assert_away(read_back(ask.referral_id, DEADLINE_MS), began_us);
	ck_assert_int_eq(support_pg_restart(pg), 0);
	ck_assert_int_eq(create(&ask, 20000), HEARTH_OK);
	assert_one_effect(&ask);
	end();
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "database away", away_is_said_within_the_deadline_and_back_needs_nobody,
	                       a_write_with_time_waits_for_the_database, a_process_that_starts_without_its_database_waits_for_it);
}
