/* steps.c: the steps of the journey, in order. Each is what one person does, and what follows without anyone asking. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <hearth/clock.h>
#include <hearth/finance/v1/finance.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

#include "journey.h"

#define LIVED_DAYS 10
#define NOTICE_HOURS 30
#define PLACEMENT_TYPE_FOSTERING "U6"

#define CALL(journey, service, Service, Method, method, request, ret_reply) \
	journey_call(journey, "hearth." #service ".v1." #Service "/" #Method, request, \
	             &hearth__##service##__v1__##method##_response__descriptor, ret_reply)

/* ---- supply and history ---- */

static int import_homes(struct journey *journey)
{
	char *text = NULL;
	int code = suite_hearth(journey->suite, &text, "--json", "import", "homes", journey->options.homes, NULL);
	json_t *totals = json_loads(text ? text : "", 0, NULL);
	free(text);
	if (code != 0)
		return journey_fail(journey, "hearth import homes failed with exit code %d", code);
	snprintf(journey->note, sizeof journey->note, "%lld homes of %lld providers (synthetic region)",
	         (long long)json_integer_value(json_object_get(totals, "homesCreated")),
	         (long long)json_integer_value(json_object_get(totals, "providersCreated")));
	json_decref(totals);
	return 0;
}

static int import_returns(struct journey *journey)
{
	char *text = NULL;
	int code = suite_hearth(journey->suite, &text, "--json", "--authority", JOURNEY_AUTHORITY, "import", "ssda903",
	                        journey->options.returns, NULL);
	json_t *totals = json_loads(text ? text : "", 0, NULL);
	free(text);
	if (code != 0 && code != 3)
		return journey_fail(journey, "hearth import ssda903 failed with exit code %d", code);
	snprintf(journey->note, sizeof journey->note, "%lld rows, %lld episodes, %lld children%s",
	         (long long)json_integer_value(json_object_get(totals, "rows")),
	         (long long)json_integer_value(json_object_get(totals, "episodes")),
	         (long long)json_integer_value(json_object_get(totals, "children")), code == 3 ? "; some rows rejected" : "");
	json_decref(totals);
	return journey_await(journey, "hearth.child.history_recorded.v1", NULL, NULL);
}

static int count_children(struct journey *journey)
{
	Hearth__Placements__V1__CountLookedAfterRequest request = HEARTH__PLACEMENTS__V1__COUNT_LOOKED_AFTER_REQUEST__INIT;
	Hearth__Placements__V1__CountLookedAfterResponse *reply;
	char date[HEARTH_DATE_SIZE];
	int32_t today;
	hearth_date_parse(journey->today, &today);
	hearth_date_format(today - 1, date);
	request.date = date;
	request.include_short_breaks = true;
	if (CALL(journey, placements, Placements, CountLookedAfter, count_looked_after, &request, &reply) < 0)
		return -1;
	int64_t all = reply->children;
	request.include_short_breaks = false;
	if (CALL(journey, placements, Placements, CountLookedAfter, count_looked_after, &request, &reply) < 0)
		return -1;
	snprintf(journey->note, sizeof journey->note, "%" PRId64 " children on %s, %" PRId64 " without short breaks", all, date,
	         reply->children);
	return all > 0 ? 0 : journey_fail(journey, "nobody is looked after on %s", date);
}

/* ---- the need ---- */

static int32_t age_on(const char *born, const char *on)
{
	int32_t birth, day, age = 0;
	if (hearth_date_parse(born, &birth) < 0 || hearth_date_parse(on, &day) < 0)
		return -1;
	while (hearth_date_birthday(birth, age + 1) <= day)
		age++;
	return age;
}

/* A child who is looked after today and young enough for a fostering household. */
static int choose_child(struct journey *journey)
{
	Hearth__Placements__V1__ListLookedAfterRequest request = HEARTH__PLACEMENTS__V1__LIST_LOOKED_AFTER_REQUEST__INIT;
	Hearth__Placements__V1__ListLookedAfterResponse *list;
	request.page_size = 200;
	if (CALL(journey, placements, Placements, ListLookedAfter, list_looked_after, &request, &list) < 0)
		return -1;
	for (size_t i = 0; i < list->n_children; i++) {
		Hearth__Placements__V1__GetChildRequest ask = HEARTH__PLACEMENTS__V1__GET_CHILD_REQUEST__INIT;
		Hearth__Placements__V1__GetChildResponse *reply;
		ask.child_id = list->children[i]->child_id;
		if (CALL(journey, placements, Placements, GetChild, get_child, &ask, &reply) < 0)
			return -1;
		int32_t age = reply->child->date_of_birth ? age_on(reply->child->date_of_birth->value, journey->today) : -1;
		if (age < 5 || age > 14)
			continue;
		hearth_text_copy(journey->child_id, sizeof journey->child_id, reply->child->id);
		snprintf(journey->note, sizeof journey->note, "a child of %d", age);
		return 0;
	}
	return journey_fail(journey, "no child of 5 to 14 is looked after on %s", journey->today);
}

/* The child's home is somewhere in the region: two miles from a home that has a place on the map. */
static int choose_area(struct journey *journey)
{
	Hearth__Providers__V1__ListHomesRequest request = HEARTH__PROVIDERS__V1__LIST_HOMES_REQUEST__INIT;
	Hearth__Providers__V1__ListHomesResponse *list;
	request.page_size = 200;
	request.open_only = true;
	if (CALL(journey, providers, Providers, ListHomes, list_homes, &request, &list) < 0)
		return -1;
	for (size_t i = 0; i < list->n_homes; i++)
		if (list->homes[i]->grid) {
			journey->easting = list->homes[i]->grid->easting + 2000;
			journey->northing = list->homes[i]->grid->northing + 2500;
			return 0;
		}
	return journey_fail(journey, "no open home has a grid reference");
}

static int open_referral(struct journey *journey)
{
	Hearth__Placements__V1__GetChildRequest ask = HEARTH__PLACEMENTS__V1__GET_CHILD_REQUEST__INIT;
	Hearth__Placements__V1__GetChildResponse *child;
	Hearth__Referrals__V1__CreateReferralRequest create = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__CreateReferralResponse *created;
	Hearth__Referrals__V1__OpenReferralRequest open = HEARTH__REFERRALS__V1__OPEN_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__OpenReferralResponse *opened;
	Hearth__Referrals__V1__Needs needs = HEARTH__REFERRALS__V1__NEEDS__INIT;
	Hearth__V1__GridReference grid = HEARTH__V1__GRID_REFERENCE__INIT;
	char *kinds[] = { "FOSTERING" };
	ask.child_id = journey->child_id;
	if (choose_area(journey) < 0 || CALL(journey, placements, Placements, GetChild, get_child, &ask, &child) < 0)
		return -1;
	grid.easting = journey->easting;
	grid.northing = journey->northing;
	needs.home_grid = &grid;
	needs.home_kinds = kinds;
	needs.n_home_kinds = 1;
	needs.children = 1;
	needs.sex = child->child->sex;
	create.child_id = journey->child_id;
	create.urgency = HEARTH__REFERRALS__V1__URGENCY__PLANNED;
	create.needed_by = journey->today;
	create.worker = "worker-17";
	create.needs = &needs;
	create.date_of_birth = child->child->date_of_birth;
	if (CALL(journey, referrals, Referrals, CreateReferral, create_referral, &create, &created) < 0)
		return -1;
	open.referral_id = created->referral->id;
	if (CALL(journey, referrals, Referrals, OpenReferral, open_referral, &open, &opened) < 0)
		return -1;
	hearth_text_copy(journey->referral_id, sizeof journey->referral_id, opened->referral->id);
	hearth_text_copy(journey->reference, sizeof journey->reference, opened->referral->reference);
	snprintf(journey->note, sizeof journey->note, "referral %s", journey->reference);
	return journey_await(journey, "hearth.referral.opened.v1", "referralId", journey->referral_id);
}

/* ---- homes and offers ---- */

static void say_reasons(struct journey *journey, const Hearth__Providers__V1__FindHomesResponse *found)
{
	size_t used = (size_t)snprintf(journey->note, sizeof journey->note, "%d fit, %d left out:", found->suitable,
	                               found->left_out);
	for (size_t i = 0; i < found->n_reason_counts && used < sizeof journey->note; i++)
		used += (size_t)snprintf(journey->note + used, sizeof journey->note - used, "%s %s %d", i ? "," : "",
		                         found->reason_counts[i]->code, found->reason_counts[i]->homes);
}

static int keep_home(struct journey *journey, int at, const Hearth__Providers__V1__FindingResult *home)
{
	hearth_text_copy(journey->home_ids[at], sizeof journey->home_ids[at], home->home_id);
	hearth_text_copy(journey->provider_ids[at], sizeof journey->provider_ids[at], home->provider_id);
	journey->fees[at] = home->weekly_fee->pence;
	return at + 1;
}

static int find_homes(struct journey *journey)
{
	Hearth__Providers__V1__FindHomesRequest request = HEARTH__PROVIDERS__V1__FIND_HOMES_REQUEST__INIT;
	Hearth__Providers__V1__FindHomesResponse *found;
	int kept = 0;
	if (journey_await(journey, "hearth.homes.found.v1", "referralId", journey->referral_id) < 0)
		return -1;
	request.referral_id = journey->referral_id;
	request.page_size = 500;
	if (CALL(journey, providers, Providers, FindHomes, find_homes, &request, &found) < 0)
		return -1;
	for (size_t i = 0; i < found->n_homes; i++) {
		const Hearth__Providers__V1__FindingResult *home = found->homes[i];
		if (!home->suitable && home->n_reasons == 0)
			return journey_fail(journey, "a home was left out without a reason");
		if (home->suitable && home->weekly_fee && kept < 2)
			kept = keep_home(journey, kept, home);
	}
	say_reasons(journey, found);
	return kept == 2 ? 0 : journey_fail(journey, "fewer than two homes with a fee fit the child");
}

static int record_offers(struct journey *journey)
{
	for (int i = 0; i < 2; i++) {
		Hearth__Referrals__V1__RecordOfferRequest request = HEARTH__REFERRALS__V1__RECORD_OFFER_REQUEST__INIT;
		Hearth__Referrals__V1__RecordOfferResponse *reply;
		Hearth__V1__Money fee = HEARTH__V1__MONEY__INIT;
		Hearth__V1__Count notice = HEARTH__V1__COUNT__INIT;
		fee.pence = journey->fees[i];
		notice.value = journey->notice_days = 7;
		request.referral_id = journey->referral_id;
		request.home_id = journey->home_ids[i];
		request.provider_id = journey->provider_ids[i];
		request.weekly_fee = &fee;
		request.notice_days = &notice;
		request.start_date = journey->today;
		request.placement_type = PLACEMENT_TYPE_FOSTERING;
		if (CALL(journey, referrals, Referrals, RecordOffer, record_offer, &request, &reply) < 0)
			return -1;
		hearth_text_copy(journey->offer_ids[i], sizeof journey->offer_ids[i], reply->offer->id);
		if (journey_await(journey, "hearth.offer.recorded.v1", "offerId", journey->offer_ids[i]) < 0)
			return -1;
	}
	snprintf(journey->note, sizeof journey->note, "two offers, £%" PRId64 ".%02" PRId64 " and £%" PRId64 ".%02" PRId64 " a week",
	         journey->fees[0] / 100, journey->fees[0] % 100, journey->fees[1] / 100, journey->fees[1] % 100);
	return 0;
}

static int free_places(struct journey *journey, int *ret_free)
{
	Hearth__Providers__V1__GetOccupancyRequest request = HEARTH__PROVIDERS__V1__GET_OCCUPANCY_REQUEST__INIT;
	Hearth__Providers__V1__GetOccupancyResponse *reply;
	request.home_id = journey->home_ids[0];
	if (CALL(journey, providers, Providers, GetOccupancy, get_occupancy, &request, &reply) < 0)
		return -1;
	*ret_free = reply->free;
	return 0;
}

static int accept_offer(struct journey *journey)
{
	Hearth__Referrals__V1__AcceptOfferRequest request = HEARTH__REFERRALS__V1__ACCEPT_OFFER_REQUEST__INIT;
	Hearth__Referrals__V1__AcceptOfferResponse *reply;
	if (free_places(journey, &journey->free_before) < 0)
		return -1;
	request.offer_id = journey->offer_ids[0];
	if (CALL(journey, referrals, Referrals, AcceptOffer, accept_offer, &request, &reply) < 0)
		return -1;
	if (reply->referral->state != HEARTH__REFERRALS__V1__REFERRAL__STATE__ACCEPTING)
		return journey_fail(journey, "the referral is not ACCEPTING");
	snprintf(journey->note, sizeof journey->note, "ACCEPTING, held for %d hours at most", reply->hold_hours);
	return journey_await(journey, "hearth.offer.accepted.v1", "offerId", journey->offer_ids[0]);
}

static int place_held(struct journey *journey)
{
	int now_free;
	if (journey_await(journey, "hearth.place.held.v1", "offerId", journey->offer_ids[0]) < 0 ||
	    journey_await(journey, "hearth.placement.planned.v1", "offerId", journey->offer_ids[0]) < 0)
		return -1;
	hearth_text_copy(journey->placement_id, sizeof journey->placement_id, watcher_field(journey->watcher, "placementId"));
	if (free_places(journey, &now_free) < 0)
		return -1;
	snprintf(journey->note, sizeof journey->note, "free places %d, were %d; placement planned", now_free,
	         journey->free_before);
	return now_free == journey->free_before - 1 ? 0 : journey_fail(journey, "the place was not held");
}

/* ---- living there ---- */

static int start_placement(struct journey *journey)
{
	Hearth__Placements__V1__StartPlacementRequest request = HEARTH__PLACEMENTS__V1__START_PLACEMENT_REQUEST__INIT;
	Hearth__Placements__V1__StartPlacementResponse *reply;
	request.placement_id = journey->placement_id;
	request.start_date = journey->today;
	request.move_reason = "CARPL";
	if (CALL(journey, placements, Placements, StartPlacement, start_placement, &request, &reply) < 0)
		return -1;
	hearth_text_copy(journey->started_on, sizeof journey->started_on, journey->today);
	if (journey_await(journey, "hearth.placement.started.v1", "placementId", journey->placement_id) < 0 ||
	    journey_await(journey, "hearth.place.confirmed.v1", "placementId", journey->placement_id) < 0 ||
	    journey_await(journey, "hearth.agreement.opened.v1", "placementId", journey->placement_id) < 0)
		return -1;
	hearth_text_copy(journey->agreement_id, sizeof journey->agreement_id, watcher_field(journey->watcher, "agreementId"));
	snprintf(journey->note, sizeof journey->note, "place confirmed, agreement opened");
	return journey_await(journey, "hearth.referral.placed.v1", "referralId", journey->referral_id);
}

/* Pence of the first `days` days of a weekly fee: any seven days make the fee. */
static int64_t accrued(int64_t weekly, int64_t days)
{
	return weekly * days / 7;
}

static int read_ledger(struct journey *journey, Hearth__Finance__V1__LedgerTotals **ret_totals)
{
	Hearth__Finance__V1__GetLedgerRequest request = HEARTH__FINANCE__V1__GET_LEDGER_REQUEST__INIT;
	Hearth__Finance__V1__GetLedgerResponse *reply;
	request.agreement_id = journey->agreement_id;
	request.page_size = 100;
	if (CALL(journey, finance, Finance, GetLedger, get_ledger, &request, &reply) < 0)
		return -1;
	*ret_totals = reply->totals;
	return reply->totals ? 0 : journey_fail(journey, "the ledger has no totals");
}

/* The posting of a day follows the clock, not an event: looked at until it is there, ten seconds at most. */
static int await_ledger(struct journey *journey, int64_t accrual, int64_t notice)
{
	int64_t until_us = hearth_clock_mono() + 10000000;
	Hearth__Finance__V1__LedgerTotals *totals;
	do {
		if (read_ledger(journey, &totals) < 0)
			return -1;
		if (totals->accrual_pence + totals->reversal_pence == accrual && totals->notice_pence == notice)
			return 0;
	} while (hearth_clock_mono() < until_us && hearth_client_run(journey->client, 20) == 0);
	return journey_fail(journey, "the ledger says %" PRId64 " and notice %" PRId64 ", right would be %" PRId64 " and %" PRId64,
	                    totals->accrual_pence + totals->reversal_pence, totals->notice_pence, accrual, notice);
}

static int days_pass(struct journey *journey)
{
	int32_t today;
	char date[HEARTH_DATE_SIZE];
	int64_t right = accrued(journey->fees[0], LIVED_DAYS);
	hearth_date_parse(journey->today, &today);
	hearth_date_format(today + LIVED_DAYS, date);
	if (journey_clock(journey, date) < 0 || await_ledger(journey, right, 0) < 0)
		return -1;
	snprintf(journey->note, sizeof journey->note, "%d days to %s: £%" PRId64 ".%02" PRId64 " posted, to the penny", LIVED_DAYS,
	         date, right / 100, right % 100);
	return 0;
}

/* ---- the breakdown, and what nobody asks for ---- */

static int break_down(struct journey *journey)
{
	Hearth__Placements__V1__BreakDownRequest request = HEARTH__PLACEMENTS__V1__BREAK_DOWN_REQUEST__INIT;
	Hearth__Placements__V1__BreakDownResponse *reply;
	Hearth__V1__Count hours = HEARTH__V1__COUNT__INIT;
	hours.value = NOTICE_HOURS;
	request.placement_id = journey->placement_id;
	request.end_date = journey->today;
	request.reason = "CREQB";
	request.notice_hours = &hours;
	if (CALL(journey, placements, Placements, BreakDown, break_down, &request, &reply) < 0)
		return -1;
	hearth_text_copy(journey->ended_on, sizeof journey->ended_on, journey->today);
	snprintf(journey->note, sizeof journey->note, "CREQB, %d hours of notice; seen by hearth watch", NOTICE_HOURS);
	return journey_await(journey, "hearth.placement.broke_down.v1", "placementId", journey->placement_id);
}

static int place_free(struct journey *journey)
{
	int now_free;
	if (journey_await(journey, "hearth.place.released.v1", "placementId", journey->placement_id) < 0 ||
	    free_places(journey, &now_free) < 0)
		return -1;
	snprintf(journey->note, sizeof journey->note, "free places %d again", now_free);
	return now_free == journey->free_before ? 0 : journey_fail(journey, "the place is not free");
}

static int money_stopped(struct journey *journey)
{
	Hearth__Finance__V1__LedgerTotals *totals;
	int64_t paid_notice_days = journey->notice_days - NOTICE_HOURS / 24;
	int64_t lived = accrued(journey->fees[0], LIVED_DAYS);
	int64_t notice = accrued(journey->fees[0], LIVED_DAYS + paid_notice_days) - lived;
	if (journey_await(journey, "hearth.agreement.closed.v1", "placementId", journey->placement_id) < 0)
		return -1;
	if (strcmp(watcher_field(journey->watcher, "endDate"), journey->ended_on) != 0)
		return journey_fail(journey, "the agreement was closed on another day than %s", journey->ended_on);
	if (await_ledger(journey, lived, notice) < 0 || read_ledger(journey, &totals) < 0)
		return -1;
	snprintf(journey->note, sizeof journey->note,
	         "on %s: £%" PRId64 ".%02" PRId64 " and %" PRId64 " days of notice £%" PRId64 ".%02" PRId64, journey->ended_on,
	         lived / 100, lived % 100, paid_notice_days, notice / 100, notice % 100);
	return 0;
}

static int emergency_stands(struct journey *journey)
{
	Hearth__Referrals__V1__GetReferralRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__GetReferralResponse *reply;
	if (journey_await(journey, "hearth.referral.opened.v1", "followsPlacementId", journey->placement_id) < 0)
		return -1;
	hearth_text_copy(journey->emergency_id, sizeof journey->emergency_id, watcher_field(journey->watcher, "referralId"));
	request.referral_id = journey->emergency_id;
	if (CALL(journey, referrals, Referrals, GetReferral, get_referral, &request, &reply) < 0)
		return -1;
	const Hearth__Referrals__V1__Referral *referral = reply->referral;
	if (referral->urgency != HEARTH__REFERRALS__V1__URGENCY__EMERGENCY ||
	    referral->state != HEARTH__REFERRALS__V1__REFERRAL__STATE__OPEN || strcmp(referral->child_id, journey->child_id) != 0 ||
	    !referral->needs || !referral->needs->home_grid || referral->needs->home_grid->easting != journey->easting)
		return journey_fail(journey, "the emergency referral is not open and pre-filled");
	snprintf(journey->note, sizeof journey->note, "referral %s, EMERGENCY, needs taken over", referral->reference);
	return 0;
}

static int next_homes(struct journey *journey)
{
	Hearth__Referrals__V1__GetReferralDetailRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_DETAIL_REQUEST__INIT;
	Hearth__Referrals__V1__GetReferralDetailResponse *reply;
	int64_t until_us = hearth_clock_mono() + 10000000;
	if (journey_await(journey, "hearth.homes.found.v1", "referralId", journey->emergency_id) < 0)
		return -1;
	request.referral_id = journey->emergency_id;
	do
		if (CALL(journey, referrals, Referrals, GetReferralDetail, get_referral_detail, &request, &reply) < 0)
			return -1;
	while (!reply->shortlist && hearth_clock_mono() < until_us && hearth_client_run(journey->client, 20) == 0);
	if (!reply->shortlist || reply->shortlist->n_homes == 0)
		return journey_fail(journey, "the emergency referral has no homes");
	snprintf(journey->note, sizeof journey->note, "%zu homes at hand, %d fit", reply->shortlist->n_homes,
	         reply->shortlist->suitable);
	return 0;
}

const struct journey_step journey_steps[] = {
	{ "homes imported", import_homes },
	{ "return imported", import_returns },
	{ "children looked after", count_children },
	{ "a child needs a home", choose_child },
	{ "referral opened", open_referral },
	{ "homes found, with reasons", find_homes },
	{ "offers recorded", record_offers },
	{ "offer accepted", accept_offer },
	{ "place held", place_held },
	{ "placement started", start_placement },
	{ "days pass, the ledger counts", days_pass },
	{ "breakdown reported", break_down },
	{ "the place is free", place_free },
	{ "the money has stopped", money_stopped },
	{ "an emergency referral stands", emergency_stands },
	{ "its first homes are found", next_homes },
	{ NULL, NULL },
};
