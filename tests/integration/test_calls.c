/* test_calls.c: what the runtime promises of every call, on the referrals service: request ids, deadlines, roles,
 * authority, pages, waiting, limits. Two processes of the service, so that "from anyone" is tried too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

#include "../support/check_main.h"
#include "../support/suite.h"

#define R(name) "hearth.referrals.v1.Referrals/" #name
#define PLACEMENT_OFFICER (UINT32_C(1) << 1)
#define PROVIDER (UINT32_C(1) << 4)
#define CHILD "0190b3c2-7d1e-7abc-8def-0123456789ab"

static struct suite *suite;

static void start_suite(void)
{
	static const char *const services[] = { "referrals", NULL };
	suite = suite_start(&(struct suite_options){ .services = services, .instances = 2 });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- helpers ---- */

static struct hearth_client *client_of(const char *authority)
{
	struct hearth_client *client = suite_client(suite, authority, SUITE_ALL_ROLES);
	ck_assert_ptr_nonnull(client);
	return client;
}

static struct hearth_status status;
static bool replayed;

static void *call(struct hearth_client *client, const char *method, const void *request,
                  const ProtobufCMessageDescriptor *descriptor, const struct hearth_call_options *options)
{
	ProtobufCMessage *reply = NULL;
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	static struct hearth_arena *arena;      /* replies live as long as the test's process */
	if (!arena)
		arena = hearth_arena_new();
	int result = hearth_client_call(client, method, request, descriptor, options, hearth_arena_allocator(arena), &reply,
	                                &replayed, &status);
	return result == 0 ? reply : NULL;
}

static Hearth__Referrals__V1__CreateReferralRequest a_referral(void)
{
	Hearth__Referrals__V1__CreateReferralRequest request = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	request.child_id = CHILD;
	request.urgency = HEARTH__REFERRALS__V1__URGENCY__URGENT;
	request.needed_by = "2030-01-01";
	request.worker = "worker-17";
	return request;
}

static Hearth__Referrals__V1__CreateReferralResponse *create(struct hearth_client *client,
                                                             Hearth__Referrals__V1__CreateReferralRequest *request,
                                                             const struct hearth_call_options *options)
{
	return call(client, R(CreateReferral), request, &hearth__referrals__v1__create_referral_response__descriptor, options);
}

static Hearth__Referrals__V1__GetReferralResponse *get(struct hearth_client *client, char *id, char *etag, int wait_ms)
{
	Hearth__Referrals__V1__GetReferralRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;
	request.referral_id = id;
	request.wait_etag = etag;
	request.wait_ms = wait_ms;
	return call(client, R(GetReferral), &request, &hearth__referrals__v1__get_referral_response__descriptor, NULL);
}

static long count_rows(const char *sql)
{
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	PGresult *result = PQexec(db, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(db));
	long count = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	PQfinish(db);
	return count;
}

/* ---- request ids ---- */

START_TEST(the_same_request_id_again_has_one_effect_whoever_answers)
{
	struct hearth_client *client = client_of("801");
	const char *endpoints[4];
	struct hearth_uuid id;
	char first[HEARTH_UUID_SIZE] = "";
	hearth_uuid_new(&id);
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	size_t count = hearth_client_instances(client, "referrals", endpoints, 4);
	ck_assert_uint_eq(count, 2);
	for (int i = 0; i < 6; i++) {
		char endpoint[256];
		hearth_client_instances(client, "referrals", endpoints, 4);
		snprintf(endpoint, sizeof endpoint, "%s", endpoints[i % 2]);
		struct hearth_call_options options = { .request_id = &id, .instance = endpoint };
		Hearth__Referrals__V1__CreateReferralResponse *reply = create(client, &request, &options);
		ck_assert_msg(reply != NULL, "%s", status.message);
		ck_assert_int_eq(replayed, i > 0);
		if (i == 0)
			strcpy(first, reply->referral->id);
		ck_assert_str_eq(reply->referral->id, first);
	}
	ck_assert_int_eq(count_rows("SELECT count(*) FROM referrals.referral WHERE authority = '801'"), 1);
	ck_assert_int_eq(count_rows("SELECT count(*) FROM referrals.outbox WHERE authority = '801'"), 1);
}
END_TEST

struct race {
	int answered, fresh;
	char id[HEARTH_UUID_SIZE];
};

static void raced(void *context, const struct hearth_reply *reply)
{
	struct race *race = context;
	ck_assert_msg(reply->status.code == HEARTH_OK, "%s", reply->status.message);
	Hearth__Referrals__V1__CreateReferralResponse *message =
		hearth__referrals__v1__create_referral_response__unpack(NULL, reply->size, reply->payload);
	race->answered++;
	race->fresh += !reply->replayed;
	if (race->id[0])
		ck_assert_str_eq(race->id, message->referral->id);
	strcpy(race->id, message->referral->id);
	hearth__referrals__v1__create_referral_response__free_unpacked(message, NULL);
}

START_TEST(the_same_request_id_many_times_in_one_group_has_one_effect)
{
	struct hearth_client *client = client_of("802");
	struct hearth_uuid id;
	struct race race = { 0 };
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	struct hearth_call_options options = { .request_id = &id };
	hearth_uuid_new(&id);
	for (int i = 0; i < 40; i++)
		ck_assert_int_eq(hearth_client_send(client, R(CreateReferral), &request.base, &options, raced, &race, &status), 0);
	ck_assert_uint_eq(hearth_client_run(client, 5000), 0);
	ck_assert_int_eq(race.answered, 40);
	ck_assert_int_eq(race.fresh, 1);
	ck_assert_int_eq(count_rows("SELECT count(*) FROM referrals.referral WHERE authority = '802'"), 1);
}
END_TEST

START_TEST(a_request_id_with_another_payload_is_refused)
{
	struct hearth_client *client = client_of("803");
	struct hearth_uuid id;
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	struct hearth_call_options options = { .request_id = &id };
	hearth_uuid_new(&id);
	ck_assert_ptr_nonnull(create(client, &request, &options));
	request.worker = "worker-18";
	ck_assert_ptr_null(create(client, &request, &options));
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_str_eq(status.reason, "REQUEST_ID_REUSED");
	ck_assert_int_eq(count_rows("SELECT count(*) FROM referrals.referral WHERE authority = '803'"), 1);
}
END_TEST

START_TEST(a_refusal_stores_nothing)
{
	struct hearth_client *client = client_of("804");
	struct hearth_uuid id;
	struct hearth_call_options options = { .request_id = &id };
	Hearth__Referrals__V1__OpenReferralRequest open = HEARTH__REFERRALS__V1__OPEN_REFERRAL_REQUEST__INIT;
	hearth_uuid_new(&id);
	open.referral_id = CHILD;
	ck_assert_ptr_null(call(client, R(OpenReferral), &open, &hearth__referrals__v1__open_referral_response__descriptor,
	                        &options));
	ck_assert_int_eq(status.code, HEARTH_NOT_FOUND);
	ck_assert_int_eq(count_rows("SELECT count(*) FROM referrals.request WHERE authority = '804'"), 0);
	ck_assert_int_eq(count_rows("SELECT count(*) FROM referrals.outbox WHERE authority = '804'"), 0);
}
END_TEST

/* ---- who and when ---- */

START_TEST(a_role_that_may_not_call_is_refused)
{
	struct hearth_client *client = suite_client(suite, "805", PROVIDER);
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	ck_assert_ptr_null(create(client, &request, NULL));
	ck_assert_int_eq(status.code, HEARTH_PERMISSION_DENIED);
	ck_assert_str_eq(status.reason, "ROLE");
}
END_TEST

START_TEST(a_call_without_authority_is_refused)
{
	struct hearth_client *client = client_of("");
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	ck_assert_ptr_null(create(client, &request, NULL));
	ck_assert_int_eq(status.code, HEARTH_PERMISSION_DENIED);
	ck_assert_str_eq(status.reason, "NO_AUTHORITY");
}
END_TEST

START_TEST(another_authoritys_referral_is_not_there)
{
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	Hearth__Referrals__V1__CreateReferralResponse *mine = create(client_of("806"), &request, NULL);
	ck_assert_ptr_nonnull(mine);
	ck_assert_ptr_null(get(client_of("807"), mine->referral->id, "", 0));
	ck_assert_int_eq(status.code, HEARTH_NOT_FOUND);
	ck_assert_ptr_nonnull(get(client_of("806"), mine->referral->id, "", 0));
}
END_TEST

START_TEST(work_past_its_deadline_is_not_started)
{
	struct hearth_client *client = client_of("808");
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	struct hearth_call_options options = { .timeout_ms = 1, .once = true };
	int late = 0;
	for (int i = 0; i < 20; i++)
		late += create(client, &request, &options) == NULL;
	for (int i = 0; i < 20; i++)
		hearth_client_run(client, 10);
	ck_assert_int_eq(count_rows("SELECT (SELECT count(*) FROM referrals.referral WHERE authority = '808')"
	                            " - (SELECT count(*) FROM referrals.request WHERE authority = '808')"), 0);
	long rows = count_rows("SELECT count(*) FROM referrals.referral WHERE authority = '808'");
	ck_assert_int_le(rows, 20);
	ck_assert_int_ge(late + (int)rows, 20);      /* a late answer may hide an effect, never the other way round */
}
END_TEST

START_TEST(an_unknown_method_is_unimplemented)
{
	Hearth__Referrals__V1__GetReferralRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;
	ck_assert_ptr_null(call(client_of("809"), R(GetEverything), &request,
	                        &hearth__referrals__v1__get_referral_response__descriptor, NULL));
	ck_assert_int_eq(status.code, HEARTH_UNIMPLEMENTED);
}
END_TEST

/* ---- waiting and pages ---- */

struct waited {
	bool answered;
	int64_t at_us;
	char etag[16];
};

static void waited_for(void *context, const struct hearth_reply *reply)
{
	struct waited *waited = context;
	ck_assert_msg(reply->status.code == HEARTH_OK, "%s", reply->status.message);
	Hearth__Referrals__V1__GetReferralResponse *message =
		hearth__referrals__v1__get_referral_response__unpack(NULL, reply->size, reply->payload);
	waited->answered = true;
	waited->at_us = hearth_clock_mono();
	snprintf(waited->etag, sizeof waited->etag, "%s", message->referral->etag);
	hearth__referrals__v1__get_referral_response__free_unpacked(message, NULL);
}

START_TEST(a_wait_ends_when_the_etag_changes_in_either_process)
{
	struct hearth_client *client = client_of("810");
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	Hearth__Referrals__V1__CreateReferralResponse *made = create(client, &request, NULL);
	Hearth__Referrals__V1__GetReferralRequest wait = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__UpdateReferralRequest update = HEARTH__REFERRALS__V1__UPDATE_REFERRAL_REQUEST__INIT;
	struct waited waited = { 0 };
	struct hearth_call_options options = { .timeout_ms = 9000 };
	ck_assert_ptr_nonnull(made);
	wait.referral_id = update.referral_id = made->referral->id;
	wait.wait_etag = made->referral->etag;
	wait.wait_ms = 8000;
	ck_assert_int_eq(hearth_client_send(client, R(GetReferral), &wait.base, &options, waited_for, &waited, &status), 0);
	hearth_client_run(client, 300);
	ck_assert(!waited.answered);
	update.worker = "worker-19";
	int64_t from_us = hearth_clock_mono();
	ck_assert_ptr_nonnull(call(client, R(UpdateReferral), &update,
	                           &hearth__referrals__v1__update_referral_response__descriptor, NULL));
	hearth_client_run(client, 2000);
	ck_assert(waited.answered);
	ck_assert_str_ne(waited.etag, made->referral->etag);
	ck_assert_int_lt(waited.at_us - from_us, 1000000);
}
END_TEST

START_TEST(a_wait_without_a_change_answers_with_the_present_state)
{
	struct hearth_client *client = client_of("811");
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	Hearth__Referrals__V1__CreateReferralResponse *made = create(client, &request, NULL);
	int64_t from_us = hearth_clock_mono();
	Hearth__Referrals__V1__GetReferralResponse *reply = get(client, made->referral->id, made->referral->etag, 400);
	ck_assert_ptr_nonnull(reply);
	ck_assert_str_eq(reply->referral->etag, made->referral->etag);
	ck_assert_int_ge(hearth_clock_mono() - from_us, 390000);
	ck_assert_ptr_null(get(client, made->referral->id, "", 60000));
	ck_assert_str_eq(status.field, "wait_ms");
}
END_TEST

START_TEST(pages_hold_everything_once)
{
	struct hearth_client *client = client_of("812");
	Hearth__Referrals__V1__ListReferralsRequest list = HEARTH__REFERRALS__V1__LIST_REFERRALS_REQUEST__INIT;
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	char seen[23][HEARTH_UUID_SIZE], token[512] = "";
	size_t count = 0, pages = 0;
	for (int i = 0; i < 23; i++)
		ck_assert_ptr_nonnull(create(client, &request, NULL));
	list.page_size = 5;
	do {
		list.page_token = token;
		Hearth__Referrals__V1__ListReferralsResponse *page =
			call(client, R(ListReferrals), &list, &hearth__referrals__v1__list_referrals_response__descriptor, NULL);
		ck_assert_msg(page != NULL, "%s", status.message);
		for (size_t i = 0; i < page->n_referrals; i++) {
			for (size_t k = 0; k < count; k++)
				ck_assert_str_ne(seen[k], page->referrals[i]->id);
			ck_assert_uint_lt(count, 23);
			strcpy(seen[count++], page->referrals[i]->id);
		}
		snprintf(token, sizeof token, "%s", page->next_page_token);
		pages++;
	} while (token[0]);
	ck_assert_uint_eq(count, 23);
	ck_assert_uint_eq(pages, 5);
	list.page_token = "not one of ours!";
	ck_assert_ptr_null(call(client, R(ListReferrals), &list, &hearth__referrals__v1__list_referrals_response__descriptor,
	                        NULL));
	ck_assert_str_eq(status.field, "page_token");
	list.page_token = "";
	list.page_size = 100000;
	ck_assert_ptr_null(call(client, R(ListReferrals), &list, &hearth__referrals__v1__list_referrals_response__descriptor,
	                        NULL));
	ck_assert_str_eq(status.field, "page_size");
}
END_TEST

START_TEST(a_stale_etag_is_aborted_and_changes_nothing)
{
	struct hearth_client *client = client_of("813");
	Hearth__Referrals__V1__CreateReferralRequest request = a_referral();
	Hearth__Referrals__V1__CreateReferralResponse *made = create(client, &request, NULL);
	Hearth__Referrals__V1__UpdateReferralRequest update = HEARTH__REFERRALS__V1__UPDATE_REFERRAL_REQUEST__INIT;
	update.referral_id = made->referral->id;
	update.etag = made->referral->etag;
	update.worker = "worker-20";
	ck_assert_ptr_nonnull(call(client, R(UpdateReferral), &update,
	                           &hearth__referrals__v1__update_referral_response__descriptor, NULL));
	update.worker = "worker-21";
	ck_assert_ptr_null(call(client, R(UpdateReferral), &update,
	                        &hearth__referrals__v1__update_referral_response__descriptor, NULL));
	ck_assert_int_eq(status.code, HEARTH_ABORTED);
	ck_assert_str_eq(get(client, made->referral->id, "", 0)->referral->worker, "worker-20");
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 30 };
	return CHECK_MAIN_WITH(&options, "calls", the_same_request_id_again_has_one_effect_whoever_answers,
	                       the_same_request_id_many_times_in_one_group_has_one_effect,
	                       a_request_id_with_another_payload_is_refused, a_refusal_stores_nothing,
	                       a_role_that_may_not_call_is_refused, a_call_without_authority_is_refused,
	                       another_authoritys_referral_is_not_there, work_past_its_deadline_is_not_started,
	                       an_unknown_method_is_unimplemented, a_wait_ends_when_the_etag_changes_in_either_process,
	                       a_wait_without_a_change_answers_with_the_present_state, pages_hold_everything_once,
	                       a_stale_etag_is_aborted_and_changes_nothing);
}
