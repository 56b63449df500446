/* test_chain.c: what happens in one service is known in the others: moves, expiries and withdrawals through referrals,
 * providers, placements and finance.
 *
 * One suite for all tests, so that each has children and homes of its own; time only goes forward, from test to test.
 */
#define FURTHER_SERVICES "finance",
#include "homes_and_needs.h"

/* The agreement of a placement once it is in `state`; ten seconds. */
static json_t *agreement_in(const char *placement, const char *state)
{
	char text[100];
	snprintf(text, sizeof text, "{\"placementId\": \"%s\"}", placement);
	for (int i = 0; i < 500; i++, rest()) {
		struct answer answer = ask("901", "finance/LookupAgreement", NULL, text);
		if (strcmp(text_at(answer.json, "agreement.state"), state) == 0)
			return at(answer.json, "agreement");
	}
	ck_abort_msg("no agreement is %s", state);
}

/* The placement that was planned from an offer of this home, once there is one. */
static const char *placement_in(const char *child, const char *home)
{
	for (int i = 0; i < 500; i++, rest()) {
		json_t *list = call("placements/ListPlacements", "{\"childId\": \"%s\", \"homeId\": \"%s\"}", child, home);
		if (json_array_size(at(list, "placements")) > 0)
			return text_at(list, "placements.0.id");
	}
	ck_abort_msg("no placement is planned in the home");
}

static json_t *placement_is(const char *id, const char *state)
{
	json_t *placement = NULL;
	for (int i = 0; i < 500; i++, rest()) {
		placement = at(call("placements/GetPlacement", "{\"placementId\": \"%s\"}", id), "placement");
		if (strcmp(text_at(placement, "state"), state) == 0)
			return placement;
	}
	ck_abort_msg("the placement is %s, not %s", text_at(placement, "state"), state);
}

/* A referral of the child, accepted in the home and planned; its id. */
static const char *a_planned_referral(const char *child, const char *home)
{
	const char *id = an_open_referral(child);
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(id, home));
	referral_in(id, "PLANNED");
	return id;
}

START_TEST(a_move_frees_the_one_place_takes_the_other_and_no_day_is_paid_twice)
{
	drive("2024-01-05T09:00:00Z");
	const char *child = a_child(), *old_home = a_home(1), *new_home = a_home(1);
	const char *first = a_planned_referral(child, old_home), *from = placement_in(child, old_home);
	start_placement(from, "2024-01-05");
	occupancy_is(old_home, 0, 1, 0);
	referral_in(first, "PLACED");
	const char *second = a_planned_referral(child, new_home), *to = placement_in(child, new_home);
	occupancy_is(new_home, 1, 0, 0);
	drive("2024-01-20T09:00:00Z");
	json_t *moved = call("placements/MovePlacement", "{\"placementId\": \"%s\", \"date\": \"2024-01-19\", \"reason\":"
	                     "\"CARPL\", \"noticeHours\": {\"value\": 672}, \"toPlacementId\": \"%s\"}", from, to);
	ck_assert_str_eq(text_at(moved, "placement.movedFrom"), from);
	occupancy_is(old_home, 0, 0, 0);
	occupancy_is(new_home, 0, 1, 0);
	referral_in(first, "CLOSED");
	referral_in(second, "PLACED");
	json_t *closed = agreement_in(from, "CLOSED"), *opened = agreement_in(to, "OPEN");
	ck_assert_str_eq(text_at(closed, "endDate"), "2024-01-19");
	ck_assert_str_eq(text_at(opened, "startDate"), "2024-01-19");
	ck_assert_int_eq(number_at(closed, "noticePaidDays"), 0);
	ck_assert_int_eq(number_at(closed, "posted.pence"), 2 * 70000);
	ck_assert_int_eq(number_at(opened, "posted.pence"), 70000 / 7);
	refused(HEARTH_FAILED_PRECONDITION, "WRONG_STATE", NULL, "placements/MovePlacement", "{\"placementId\": \"%s\","
	        "\"date\": \"2024-01-20\", \"reason\": \"CARPL\"}", from);
}
END_TEST

/* Takes the only place of the home for another child, and starts there. */
static void fill(const char *home, const char *day)
{
	const char *child = a_child();
	a_planned_referral(child, home);
	start_placement(placement_in(child, home), day);
	occupancy_is(home, 0, 1, 0);
}

START_TEST(a_hold_expires_after_48_hours_and_a_start_in_a_full_home_is_recorded)
{
	drive("2024-02-01T10:00:00Z");
	const char *child = a_child(), *home = a_home(1), *id = an_open_referral(child);
	const char *kept = an_offer(id, a_home(1)), *lost = an_offer(id, home);
	json_t *accepted = call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", lost);
	ck_assert_int_eq(strncmp(text_at(accepted, "referral.heldUntil"), "2024-02-03T10:00:0", 18), 0);
	referral_in(id, "PLANNED");
	const char *placement = placement_in(child, home);
	drive("2024-02-03T09:55:00Z");
	occupancy_is(home, 1, 0, 0);
	ck_assert_str_eq(text_at(referral_in(id, "PLANNED"), "state"), "PLANNED");
	drive("2024-02-03T10:05:00Z");
	ck_assert_str_eq(text_at(referral_in(id, "OPEN"), "reason"), "HOLD_EXPIRED");
	ck_assert_str_eq(text_at(placement_is(placement, "CANCELLED"), "reason"), "HOLD_EXPIRED");
	occupancy_is(home, 0, 0, 0);
	json_t *detail = call("referrals/GetReferralDetail", "{\"referralId\": \"%s\"}", id);
	size_t i;
	json_t *offer;
	json_array_foreach(at(detail, "offers"), i, offer)
		ck_assert_str_eq(text_at(offer, "state"), strcmp(text_at(offer, "id"), kept) == 0 ? "OFFERED" : "FELL_THROUGH");
	ck_assert_uint_eq(i, 2);
	fill(home, "2024-02-03");
	start_placement(placement, "2024-02-03");
	json_t *full = occupancy_is(home, 0, 2, 1);
	ck_assert_int_eq(number_at(full, "free"), 0);
	referral_in(id, "PLACED");
	agreement_in(placement, "OPEN");
}
END_TEST

/* Providers are away while somebody accepts and withdraws: what they then hear one after the other leaves no hold. In a
 * suite of its own, whose processes are this one's to end. */
START_TEST(a_referral_withdrawn_while_it_is_accepted_leaves_no_place_held)
{
	struct suite *shared = suite;
	struct hearth_arena *shared_arena = arena;
	start_suite();
	const char *child = a_child(), *home = a_home(1), *id = an_open_referral(child), *offer = an_offer(id, home);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_end_process(suite, "providers", i), 0);
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", offer);
	referral_in(id, "ACCEPTING");
	call("referrals/WithdrawReferral", "{\"referralId\": \"%s\", \"reason\": \"NOT_NEEDED\"}", id);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(suite_restart_process(suite, "providers", i), 0);
	/* The hold is told and then its release, so the placement is planned and then cancelled. */
	ck_assert_str_eq(text_at(placement_is(placement_in(child, home), "CANCELLED"), "reason"), "WITHDRAWN");
	occupancy_is(home, 0, 0, 0);
	ck_assert_str_eq(text_at(referral_in(id, "WITHDRAWN"), "reason"), "NOT_NEEDED");
	ck_assert_int_eq(suite_stop(&suite), 0);
	hearth_arena_free(&arena);
	suite = shared;
	arena = shared_arena;
}
END_TEST

START_TEST(a_child_that_placements_has_not_heard_of_is_met_by_its_hold)
{
	drive("2024-04-01T09:00:00Z");
	const char *child = new_id(), *home = a_home(1), *id = a_planned_referral(child, home);
	json_t *met = call("placements/GetChild", "{\"childId\": \"%s\"}", child);
	ck_assert_str_eq(text_at(met, "child.sex"), "U");
	ck_assert_ptr_null(at(met, "child.dateOfBirth"));
	call("placements/UpsertChildExternalId", "{\"childId\": \"%s\", \"externalId\": {\"system\": \"mosaic\","
	     "\"id\": \"late-1\"}}", child);
	json_t *same = call("placements/UpsertChild", "{\"externalId\": {\"system\": \"mosaic\", \"id\": \"late-1\"},"
	                    "\"sex\": \"F\", \"dateOfBirth\": {\"value\": \"2012-05-01\"}}");
	ck_assert_str_eq(text_at(same, "child.id"), child);
	start_placement(placement_in(child, home), "2024-04-01");
	referral_in(id, "PLACED");
	occupancy_is(home, 0, 1, 0);
}
END_TEST

/* An offer without a word on notice, accepted, held, planned and started: nobody makes 0 days of it. */
START_TEST(notice_that_no_offer_names_stays_unknown_all_the_way)
{
	drive("2024-04-02T09:00:00Z");
	const char *child = a_child(), *home = a_home(1), *id = an_open_referral(child);
	json_t *offer = call("referrals/RecordOffer", "{\"referralId\": \"%s\", \"homeId\": \"%s\", \"weeklyFee\":"
	                     "{\"pence\": 70000}, \"startDate\": \"2024-04-02\", \"placementType\": \"U6\"}", id, home);
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", text_at(offer, "offer.id"));
	referral_in(id, "PLANNED");
	const char *placement = placement_in(child, home);
	ck_assert_ptr_null(at(placement_is(placement, "PLANNED"), "noticeDays"));
	start_placement(placement, "2024-04-02");
	ck_assert_ptr_null(at(placement_is(placement, "STARTED"), "noticeDays"));
	ck_assert_ptr_null(at(agreement_in(placement, "OPEN"), "noticeDays"));
	/* And what an offer does name comes through. */
	const char *other = a_child(), *house = a_home(1);
	a_planned_referral(other, house);
	placement = placement_in(other, house);
	start_placement(placement, "2024-04-02");
	ck_assert_int_eq(number_at(agreement_in(placement, "OPEN"), "noticeDays.value"), 28);
}
END_TEST

int main(void)
{
	static const struct check_options options = { start_suite, stop_suite, 90 };
	return CHECK_MAIN_WITH(&options, "chain", a_move_frees_the_one_place_takes_the_other_and_no_day_is_paid_twice,
	                       a_hold_expires_after_48_hours_and_a_start_in_a_full_home_is_recorded,
	                       a_referral_withdrawn_while_it_is_accepted_leaves_no_place_held,
	                       a_child_that_placements_has_not_heard_of_is_met_by_its_hold,
	                       notice_that_no_offer_names_stays_unknown_all_the_way);
}
