/* journeys.c: what a journey does in each state. A refusal that a person could meet leads on; any other breaks the run.
 *
 *	create, open, offers, accept -> held -> start -> live there -> end, or break down -> the emergency referral, once more
 *	               ^      v refused, cancelled, expired: another offer; some wait until their hold has run out and
 *	               +------+ start nevertheless; some withdraw
 */
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

#include "journeys.h"

#define MOST_ACCEPTS 8
#define MOST_LAPS 2

typedef Hearth__Referrals__V1__Referral referral_t;

static int pick(struct journey *journey, int count)
{
	return (int)((unsigned)rand_r(&journey->seed) % (unsigned)count);
}

static void new_id(char ret_id[HEARTH_UUID_SIZE])
{
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	hearth_uuid_format(&id, ret_id);
}

static void go(struct journey *journey, enum journey_state state)
{
	journey->state = state;
}

/* True when it was refused: then the run is broken, unless for one of the two reasons. */
static bool refused(struct journey *journey, const struct hearth_reply *reply, const char *reason, const char *other)
{
	if (reply->status.code == HEARTH_OK)
		return false;
	if ((reason == NULL || strcmp(reply->status.reason, reason) != 0) &&
	    (other == NULL || strcmp(reply->status.reason, other) != 0))
		driver_break(journey, &reply->status);
	return true;
}

void journey_begin(struct journey *journey, struct driver *driver, int number, unsigned seed, bool stays)
{
	*journey = (struct journey){ .driver = driver, .number = number, .seed = seed, .stays = stays };
	journey->authority = number % 3 == 2 ? "998" : "999";
	new_id(journey->child_id);
	new_id(journey->referral_id);
}

/* ---- the need ---- */

static void create(struct journey *journey)
{
	Hearth__Referrals__V1__CreateReferralRequest request = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__Needs needs = HEARTH__REFERRALS__V1__NEEDS__INIT;
	Hearth__V1__Count age = HEARTH__V1__COUNT__INIT;
	age.value = 3 + pick(journey, 14);
	needs.age = &age;
	needs.sex = (char *)"F";
	needs.children = 1;
	request.referral_id = journey->referral_id;
	request.child_id = journey->child_id;
	request.urgency = HEARTH__REFERRALS__V1__URGENCY__URGENT;
	request.needed_by = (char *)FAULT_FIRST_DAY;
	request.worker = (char *)"worker-17";
	request.needs = &needs;
	driver_write(journey, "hearth.referrals.v1.Referrals/CreateReferral", &request.base, journey->referral_id);
}

static void created(struct journey *journey, const struct hearth_reply *reply)
{
	if (!refused(journey, reply, NULL, NULL))
		go(journey, OPENING);
}

static void open_referral(struct journey *journey)
{
	Hearth__Referrals__V1__OpenReferralRequest request = HEARTH__REFERRALS__V1__OPEN_REFERRAL_REQUEST__INIT;
	request.referral_id = journey->referral_id;
	driver_write(journey, "hearth.referrals.v1.Referrals/OpenReferral", &request.base, journey->referral_id);
}

static void want_offers(struct journey *journey, int count)
{
	journey->wanted = journey->offers + count;
	go(journey, OFFERING);
}

static void opened(struct journey *journey, const struct hearth_reply *reply)
{
	if (!refused(journey, reply, NULL, NULL))
		want_offers(journey, 1 + pick(journey, 2));
}

/* ---- offers ---- */

static void offer(struct journey *journey)
{
	Hearth__Referrals__V1__RecordOfferRequest request = HEARTH__REFERRALS__V1__RECORD_OFFER_REQUEST__INIT;
	Hearth__V1__Money fee = HEARTH__V1__MONEY__INIT;
	Hearth__V1__Count notice = HEARTH__V1__COUNT__INIT;
	char day[HEARTH_DATE_SIZE];
	hearth_date_format(driver_today(journey), day);
	new_id(journey->offer_ids[journey->offers]);
	fee.pence = 40000 + pick(journey, 30000);
	notice.value = pick(journey, 15);
	request.offer_id = journey->offer_ids[journey->offers];
	request.referral_id = journey->referral_id;
	request.home_id = (char *)driver_home(journey, pick(journey, driver_homes(journey)));
	request.weekly_fee = pick(journey, 10) == 0 ? NULL : &fee;
	request.notice_days = &notice;
	request.start_date = day;
	request.placement_type = (char *)"U6";
	driver_write(journey, "hearth.referrals.v1.Referrals/RecordOffer", &request.base, request.offer_id);
}

static void offered(struct journey *journey, const struct hearth_reply *reply)
{
	if (refused(journey, reply, NULL, NULL))
		return;
	journey->offers++;
	if (journey->offers >= journey->wanted)
		go(journey, ACCEPTING);
}

static void accept_offer(struct journey *journey)
{
	Hearth__Referrals__V1__AcceptOfferRequest request = HEARTH__REFERRALS__V1__ACCEPT_OFFER_REQUEST__INIT;
	request.offer_id = journey->offer_ids[journey->accepts];
	request.hold_hours = pick(journey, 2) == 0 ? 20 : 44;
	driver_write(journey, "hearth.referrals.v1.Referrals/AcceptOffer", &request.base, request.offer_id);
}

static void accepted(struct journey *journey, const struct hearth_reply *reply)
{
	if (refused(journey, reply, NULL, NULL))
		return;
	journey->accepts++;
	journey->etag[0] = '\0';
	go(journey, pick(journey, 25) == 0 ? WITHDRAWING : AWAITING);
}

/* ---- the place ---- */

static void await(struct journey *journey)
{
	Hearth__Referrals__V1__GetReferralRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;
	request.referral_id = journey->referral_id;
	request.wait_etag = journey->etag;
	request.wait_ms = journey->etag[0] != '\0' ? 1000 : 0;
	driver_read(journey, "hearth.referrals.v1.Referrals/GetReferral", &request.base);
}

static void decide(struct journey *journey)
{
	int chance = journey->stays ? 0 : pick(journey, 100);
	if (chance < 66) {
		go(journey, STARTING);
	} else if (chance < 90) {
		journey->wait_day = driver_today(journey) + 2;
		go(journey, LINGERING);
	} else {
		go(journey, chance < 95 ? CANCELLING : WITHDRAWING);
	}
}

/* What was accepted came to nothing: the next offer, a further one, or none. */
static void try_again(struct journey *journey)
{
	if (journey->accepts >= MOST_ACCEPTS && !journey->stays)
		go(journey, WITHDRAWING);
	else if (journey->accepts >= MOST_OFFERS)
		driver_finished(journey);
	else if (journey->accepts < journey->offers)
		go(journey, ACCEPTING);
	else
		want_offers(journey, 1);
	driver_wait(journey, 200 + pick(journey, 1300));
}

static void awaited(struct journey *journey, const struct hearth_reply *reply)
{
	Hearth__Referrals__V1__GetReferralResponse *message =
		hearth__referrals__v1__get_referral_response__unpack(NULL, reply->size, reply->payload);
	const referral_t *referral = message->referral;
	bool same = strcmp(referral->placement_id, journey->placement_id) == 0;
	hearth_text_copy(journey->etag, sizeof journey->etag, referral->etag);
	if (referral->state == HEARTH__REFERRALS__V1__REFERRAL__STATE__OPEN) {
		try_again(journey);
	} else if (referral->state == HEARTH__REFERRALS__V1__REFERRAL__STATE__PLANNED && !same) {
		hearth_text_copy(journey->placement_id, sizeof journey->placement_id, referral->placement_id);
		decide(journey);
	}
	hearth__referrals__v1__get_referral_response__free_unpacked(message, NULL);
}

static void linger(struct journey *journey)
{
	if (driver_today(journey) >= journey->wait_day)
		go(journey, STARTING);
	else
		driver_wait(journey, 50);
}

static void cancel(struct journey *journey)
{
	Hearth__Placements__V1__CancelPlacementRequest request = HEARTH__PLACEMENTS__V1__CANCEL_PLACEMENT_REQUEST__INIT;
	request.placement_id = journey->placement_id;
	driver_write(journey, "hearth.placements.v1.Placements/CancelPlacement", &request.base, journey->placement_id);
}

/* It may have been cancelled already, because its hold had run out. */
static void cancelled(struct journey *journey, const struct hearth_reply *reply)
{
	if (!refused(journey, reply, "WRONG_STATE", NULL) || strcmp(reply->status.reason, "WRONG_STATE") == 0)
		go(journey, AWAITING);
}

static void withdraw(struct journey *journey)
{
	Hearth__Referrals__V1__WithdrawReferralRequest request = HEARTH__REFERRALS__V1__WITHDRAW_REFERRAL_REQUEST__INIT;
	request.referral_id = journey->referral_id;
	request.reason = (char *)"NO_LONGER_NEEDED";
	driver_write(journey, "hearth.referrals.v1.Referrals/WithdrawReferral", &request.base, journey->referral_id);
}

static void withdrawn(struct journey *journey, const struct hearth_reply *reply)
{
	if (!refused(journey, reply, NULL, NULL))
		driver_finished(journey);
}

/* ---- living there ---- */

static void start(struct journey *journey)
{
	Hearth__Placements__V1__StartPlacementRequest request = HEARTH__PLACEMENTS__V1__START_PLACEMENT_REQUEST__INIT;
	char day[HEARTH_DATE_SIZE];
	journey->started_day = driver_today(journey) - (journey->laps == 0 ? pick(journey, 3) : 0);
	hearth_date_format(journey->started_day, day);
	request.placement_id = journey->placement_id;
	request.start_date = day;
	request.legal_status = (char *)"C2";
	request.category_of_need = (char *)"N1";
	driver_write(journey, "hearth.placements.v1.Placements/StartPlacement", &request.base, journey->placement_id);
}

static void started(struct journey *journey, const struct hearth_reply *reply)
{
	if (refused(journey, reply, NULL, NULL))
		return;
	journey->wait_day = driver_today(journey) + 1 + pick(journey, 2);
	journey->varied = false;
	if (journey->stays)
		driver_finished(journey);
	else
		go(journey, LIVING);
}

static void live(struct journey *journey)
{
	if (driver_today(journey) < journey->wait_day) {
		driver_wait(journey, 50);
		return;
	}
	if (!journey->varied && pick(journey, 4) == 0)
		go(journey, VARYING);
	else
		go(journey, pick(journey, 5) < 2 ? ENDING : BREAKING);
}

static void vary(struct journey *journey)
{
	Hearth__Placements__V1__VaryPlacementRequest request = HEARTH__PLACEMENTS__V1__VARY_PLACEMENT_REQUEST__INIT;
	Hearth__V1__Money fee = HEARTH__V1__MONEY__INIT;
	char day[HEARTH_DATE_SIZE];
	hearth_date_format(journey->started_day + pick(journey, 3), day);
	fee.pence = 40000 + pick(journey, 30000);
	journey->varied = true;
	request.placement_id = journey->placement_id;
	request.from_date = day;
	request.weekly_fee = &fee;
	driver_write(journey, "hearth.placements.v1.Placements/VaryPlacement", &request.base, journey->placement_id);
}

static void varied(struct journey *journey, const struct hearth_reply *reply)
{
	if (!refused(journey, reply, NULL, NULL))
		go(journey, LIVING);
}

/* A day from the start to today: many ends are told late. */
static void end_day(struct journey *journey, char ret_day[HEARTH_DATE_SIZE])
{
	int lived = driver_today(journey) - journey->started_day;
	hearth_date_format(journey->started_day + pick(journey, lived + 1), ret_day);
}

static void end(struct journey *journey)
{
	Hearth__Placements__V1__EndPlacementRequest request = HEARTH__PLACEMENTS__V1__END_PLACEMENT_REQUEST__INIT;
	Hearth__V1__Count hours = HEARTH__V1__COUNT__INIT;
	char day[HEARTH_DATE_SIZE];
	end_day(journey, day);
	hours.value = pick(journey, 300);
	request.placement_id = journey->placement_id;
	request.end_date = day;
	request.notice_hours = &hours;
	request.left_care = pick(journey, 2) == 0;
	request.reason = (char *)(request.left_care ? "" : "CARPL");
	request.end_code = (char *)(request.left_care ? "E4A" : "");
	driver_write(journey, "hearth.placements.v1.Placements/EndPlacement", &request.base, journey->placement_id);
}

static void ended(struct journey *journey, const struct hearth_reply *reply)
{
	if (!refused(journey, reply, NULL, NULL))
		driver_finished(journey);
}

static void break_down(struct journey *journey)
{
	Hearth__Placements__V1__BreakDownRequest request = HEARTH__PLACEMENTS__V1__BREAK_DOWN_REQUEST__INIT;
	Hearth__V1__Count hours = HEARTH__V1__COUNT__INIT;
	char day[HEARTH_DATE_SIZE];
	end_day(journey, day);
	hours.value = pick(journey, 100);
	request.placement_id = journey->placement_id;
	request.end_date = day;
	request.reason = (char *)"CREQB";
	request.notice_hours = &hours;
	driver_write(journey, "hearth.placements.v1.Placements/BreakDown", &request.base, journey->placement_id);
}

static void broke_down(struct journey *journey, const struct hearth_reply *reply)
{
	if (!refused(journey, reply, NULL, NULL))
		go(journey, SEEKING);
}

/* ---- the next search, which nobody opened ---- */

static void seek(struct journey *journey)
{
	Hearth__Referrals__V1__ListReferralsRequest request = HEARTH__REFERRALS__V1__LIST_REFERRALS_REQUEST__INIT;
	request.child_id = journey->child_id;
	driver_read(journey, "hearth.referrals.v1.Referrals/ListReferrals", &request.base);
}

static void follow(struct journey *journey, const referral_t *referral)
{
	hearth_text_copy(journey->referral_id, sizeof journey->referral_id, referral->id);
	journey->offers = journey->wanted = journey->accepts = 0;
	if (++journey->laps >= MOST_LAPS)
		go(journey, WITHDRAWING);
	else
		want_offers(journey, 1 + pick(journey, 2));
}

static void sought(struct journey *journey, const struct hearth_reply *reply)
{
	Hearth__Referrals__V1__ListReferralsResponse *list =
		hearth__referrals__v1__list_referrals_response__unpack(NULL, reply->size, reply->payload);
	const referral_t *found = NULL;
	for (size_t i = 0; i < list->n_referrals; i++)
		if (strcmp(list->referrals[i]->follows_placement_id, journey->placement_id) == 0)
			found = list->referrals[i];
	if (found != NULL)
		follow(journey, found);
	else
		driver_wait(journey, 100);
	hearth__referrals__v1__list_referrals_response__free_unpacked(list, NULL);
}

const struct journey_row journey_rows[STATE_COUNT] = {
	[CREATING] = { "creating", create, created },
	[OPENING] = { "opening", open_referral, opened },
	[OFFERING] = { "offering", offer, offered },
	[ACCEPTING] = { "accepting", accept_offer, accepted },
	[AWAITING] = { "awaiting the place", await, awaited },
	[LINGERING] = { "lingering", linger, NULL },
	[CANCELLING] = { "cancelling", cancel, cancelled },
	[WITHDRAWING] = { "withdrawing", withdraw, withdrawn },
	[STARTING] = { "starting", start, started },
	[LIVING] = { "living", live, NULL },
	[VARYING] = { "varying", vary, varied },
	[ENDING] = { "ending", end, ended },
	[BREAKING] = { "breaking down", break_down, broke_down },
	[SEEKING] = { "seeking the emergency referral", seek, sought },
	[FINISHED] = { "finished", NULL, NULL },
};
