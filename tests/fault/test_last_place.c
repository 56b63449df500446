/* test_last_place.c: 64 acceptances at once for the last place, sent to two processes of referrals: one child holds it,
 * for 63 the referral is open again with the reason.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

#include "../support/check_main.h"
#include "checker.h"
#include "fault.h"

#define REFERRALS 64
#define CLOCK FAULT_FIRST_DAY "T09:00:00Z"
#define WAIT_MS 20000

#define CALL(client, method, request, Reply, reply) \
	call(client, method, &(request)->base, &hearth__##Reply##__descriptor, (ProtobufCMessage **)(reply))

static struct suite *suite;
static char referral_ids[REFERRALS][HEARTH_UUID_SIZE], offer_ids[REFERRALS][HEARTH_UUID_SIZE];
static char home_id[HEARTH_UUID_SIZE], provider_id[HEARTH_UUID_SIZE];

static void new_id(char ret_id[HEARTH_UUID_SIZE])
{
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	hearth_uuid_format(&id, ret_id);
}

static void call(struct hearth_client *client, const char *method, const ProtobufCMessage *request,
                 const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret_reply)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	ProtobufCMessage *reply = NULL;
	bool replayed = false;
	int outcome = hearth_client_call(client, method, request, descriptor, NULL, NULL, &reply, &replayed, &status);
	ck_assert_msg(outcome == 0, "%s: %s %s", method, hearth_code_name(status.code), status.message);
	if (ret_reply != NULL)
		*ret_reply = reply;
	else
		protobuf_c_message_free_unpacked(reply, NULL);
}

static void make_home(struct hearth_client *client)
{
	Hearth__Providers__V1__UpsertProviderRequest provider = HEARTH__PROVIDERS__V1__UPSERT_PROVIDER_REQUEST__INIT;
	Hearth__Providers__V1__UpsertHomeRequest home = HEARTH__PROVIDERS__V1__UPSERT_HOME_REQUEST__INIT;
	new_id(provider_id);
	new_id(home_id);
	provider.provider_id = home.provider_id = provider_id;
	provider.name = (char *)"A fostering service";
	home.home_id = home_id;
	home.kind = HEARTH__PROVIDERS__V1__HOME_KIND__FOSTERING;
	home.places = 1;
	CALL(client, "hearth.providers.v1.Providers/UpsertProvider", &provider, providers__v1__upsert_provider_response, NULL);
	CALL(client, "hearth.providers.v1.Providers/UpsertHome", &home, providers__v1__upsert_home_response, NULL);
}

static void make_referral(struct hearth_client *client, int i)
{
	Hearth__Referrals__V1__CreateReferralRequest create = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__OpenReferralRequest open = HEARTH__REFERRALS__V1__OPEN_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__RecordOfferRequest offer = HEARTH__REFERRALS__V1__RECORD_OFFER_REQUEST__INIT;
	char child_id[HEARTH_UUID_SIZE];
	new_id(child_id);
	new_id(referral_ids[i]);
	new_id(offer_ids[i]);
	create.referral_id = open.referral_id = offer.referral_id = referral_ids[i];
	create.child_id = child_id;
	create.urgency = HEARTH__REFERRALS__V1__URGENCY__EMERGENCY;
	create.needed_by = (char *)FAULT_FIRST_DAY;
	offer.offer_id = offer_ids[i];
	offer.home_id = home_id;
	offer.start_date = (char *)FAULT_FIRST_DAY;
	CALL(client, "hearth.referrals.v1.Referrals/CreateReferral", &create, referrals__v1__create_referral_response, NULL);
	CALL(client, "hearth.referrals.v1.Referrals/OpenReferral", &open, referrals__v1__open_referral_response, NULL);
	CALL(client, "hearth.referrals.v1.Referrals/RecordOffer", &offer, referrals__v1__record_offer_response, NULL);
}

static void accepted(void *context, const struct hearth_reply *reply)
{
	*(int *)context += reply->status.code == HEARTH_OK;
}

/* All at once: half to each process. */
static void accept_all(struct hearth_client *client)
{
	const char *found[SUITE_INSTANCES_MOST];
	char endpoints[2][160];
	int acknowledged = 0;
	ck_assert_uint_eq(hearth_client_instances(client, "referrals", found, SUITE_INSTANCES_MOST), 2);
	for (int i = 0; i < 2; i++)
		hearth_text_copy(endpoints[i], sizeof endpoints[i], found[i]);
	for (int i = 0; i < REFERRALS; i++) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		Hearth__Referrals__V1__AcceptOfferRequest request = HEARTH__REFERRALS__V1__ACCEPT_OFFER_REQUEST__INIT;
		const struct hearth_call_options options = { .instance = endpoints[i % 2], .timeout_ms = 10000 };
		request.offer_id = offer_ids[i];
		ck_assert_int_eq(hearth_client_send(client, "hearth.referrals.v1.Referrals/AcceptOffer", &request.base, &options,
		                                    accepted, &acknowledged, &status), 0);
	}
	ck_assert_uint_eq(hearth_client_run(client, 10000), 0);
	ck_assert_int_eq(acknowledged, REFERRALS);
}

/* Where the referral ends up: PLANNED, or OPEN with the reason. */
static int settled(struct hearth_client *client, int i)
{
	Hearth__Referrals__V1__GetReferralRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__GetReferralResponse *reply = NULL;
	int64_t until_us = hearth_clock_mono() + INT64_C(1000) * WAIT_MS;
	char etag[32] = "";
	for (;;) {
		request.referral_id = referral_ids[i];
		request.wait_etag = etag;
		request.wait_ms = etag[0] != '\0' ? 2000 : 0;
		CALL(client, "hearth.referrals.v1.Referrals/GetReferral", &request, referrals__v1__get_referral_response, &reply);
		int state = (int)reply->referral->state;
		bool no_place = strcmp(reply->referral->reason, "NO_PLACE") == 0;
		hearth_text_copy(etag, sizeof etag, reply->referral->etag);
		hearth__referrals__v1__get_referral_response__free_unpacked(reply, NULL);
		if (state != HEARTH__REFERRALS__V1__REFERRAL__STATE__ACCEPTING) {
			ck_assert(state == HEARTH__REFERRALS__V1__REFERRAL__STATE__PLANNED || no_place);
			return state;
		}
		ck_assert_msg(hearth_clock_mono() < until_us, "referral %s is still ACCEPTING", referral_ids[i]);
	}
}

START_TEST(of_64_acceptances_for_the_last_place_one_holds_it)
{
	int planned = 0, open = 0;
	suite = suite_start(&(struct suite_options){ .instances = 2, .clock = CLOCK });
	ck_assert_ptr_nonnull(suite);
	struct hearth_client *client = suite_client(suite, "999", SUITE_ALL_ROLES);
	make_home(client);
	for (int i = 0; i < REFERRALS; i++)
		make_referral(client, i);
	accept_all(client);
	for (int i = 0; i < REFERRALS; i++) {
		int state = settled(client, i);
		planned += state == HEARTH__REFERRALS__V1__REFERRAL__STATE__PLANNED;
		open += state == HEARTH__REFERRALS__V1__REFERRAL__STATE__OPEN;
	}
	ck_assert_int_eq(planned, 1);
	ck_assert_int_eq(open, REFERRALS - 1);
	Hearth__Providers__V1__GetOccupancyRequest request = HEARTH__PROVIDERS__V1__GET_OCCUPANCY_REQUEST__INIT;
	Hearth__Providers__V1__GetOccupancyResponse *reply = NULL;
	request.home_id = home_id;
	CALL(client, "hearth.providers.v1.Providers/GetOccupancy", &request, providers__v1__get_occupancy_response, &reply);
	ck_assert_int_eq(reply->held, 1);
	ck_assert_int_eq(reply->free, 0);
	hearth__providers__v1__get_occupancy_response__free_unpacked(reply, NULL);
	ck_assert_int_eq(suite_stop(&suite), 0);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 120 };
	return CHECK_MAIN_WITH(&options, "last place", of_64_acceptances_for_the_last_place_one_holds_it);
}
