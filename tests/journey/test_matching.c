/* test_matching.c: a council looks for homes for four children and for brothers and sisters, through the real programs, two
 * of each: what a person does with one call, and what follows by events. Everybody and everything is made up.
 *
 * The council (999) has carers of its own, two agencies under a framework, a children's home of which it has paid for the
 * places, registered supported accommodation, and a landlord's flat that no register knows. It looks for
 *
 *   a girl of 9 who should keep her school,
 *   three brothers and sisters,
 *   an unaccompanied boy of 16,
 *   a boy of 15 for whom the flat alone is free: refused, naming regulation 27A.
 */
#define AT_HOME "999"
#define SUITE_CLOCK "2024-06-03T09:00:00Z"
#include "../integration/homes_and_needs.h"

/* The homes by what they are here for. */
static struct { const char *near, *far, *small_ones, *pair, *big, *block, *supported, *unregistered, *flat; } homes;
static const char *agency, *second_agency;

/* ---- supply ---- */

/* The made-up region that the project ships: councils whose areas touch, and some seventy homes beside those of the
 * journey. */
static void there_is_a_region(void)
{
	static const char *const files[][2] = { { "authorities", "services/providers/sample/councils.csv" },
		{ "adjoining", "services/providers/sample/adjoining.csv" } };
	for (size_t i = 0; i < 2; i++)
		ck_assert_int_eq(suite_hearth(suite, NULL, "import", files[i][0], files[i][1], "--vintage", "2024", NULL), 0);
	ck_assert_int_eq(suite_hearth(suite, NULL, "import", "homes", "services/providers/sample/region.csv", NULL), 0);
}

static const char *a_provider(const char *name, const char *code, const char *more)
{
	return text_at(call("providers/UpsertProvider", "{\"name\": \"%s (synthetic)\", \"code\": \"%s\"%s}", name, code, more),
	               "provider.id");
}

static const char *a_setting(const char *provider, const char *name, const char *kind, int places, int easting, int northing,
                             const char *more)
{
	return text_at(call("providers/UpsertHome", "{\"providerId\": \"%s\", \"name\": \"%s (synthetic)\", \"kind\": \"%s\","
	                    "\"places\": %d, \"grid\": {\"easting\": %d, \"northing\": %d}, \"manager\": \"IN_POST\"%s}", provider, name,
	                    kind, places, easting, northing, more), "home.id");
}

static void approve(const char *home, int least_age, int most_age, int most_children)
{
	call("providers/RecordApproval", "{\"homeId\": \"%s\", \"fromDate\": \"2023-01-01\", \"decidedOn\": \"2022-12-20\","
	     "\"decidedBy\": \"AGENCY_DECISION_MAKER\", \"source\": \"decision letter\", \"terms\": {\"leastAge\": {\"value\": %d},"
	     "\"mostAge\": {\"value\": %d}, \"sex\": \"ANY\", \"mostChildren\": {\"value\": %d}}}", home, least_age, most_age,
	     most_children);
}

#define IN_AREA ", \"areaAuthority\": \"999\""
#define REGISTERED ", \"registration\": \"REGISTERED\", \"register\": \"OFSTED\", \"registeredFrom\": \"2020-01-01\""

static void there_are_carers(void)
{
	const char *council = a_provider("The council's fostering", "PR1", ", \"ownAuthority\": \"999\"");
	agency = a_provider("First agency", "PR4", "");
	second_agency = a_provider("Second agency", "PR4", "");
	homes.near = a_setting(council, "Household near the school", "FOSTERING", 1, 430300, 300200, IN_AREA
	                       ", \"weeklyFee\": {\"pence\": 45500}");
	homes.big = a_setting(council, "Household with four places", "FOSTERING", 4, 470000, 240000, IN_AREA
	                      ", \"weeklyFee\": {\"pence\": 45500}");
	homes.far = a_setting(agency, "Household in the next county", "FOSTERING", 1, 449000, 300000, ", \"areaAuthority\": \"998\"");
	homes.small_ones = a_setting(agency, "Household for the youngest", "FOSTERING", 2, 430800, 300200, IN_AREA);
	homes.pair = a_setting(second_agency, "Household with two places", "FOSTERING", 2, 471000, 240000, IN_AREA);
	approve(homes.near, 5, 12, 1);
	approve(homes.big, 0, 17, 4);
	approve(homes.far, 8, 16, 1);
	approve(homes.small_ones, 0, 4, 2);
	approve(homes.pair, 0, 17, 2);
}

static void there_are_settings(void)
{
	const char *company = a_provider("Company with a block contract", "PR4", "");
	const char *charity = a_provider("Charity for young people", "PR5", "");
	const char *landlord = a_provider("Landlord", "PR4", "");
	homes.block = a_setting(company, "Children's home", "CHILDRENS_HOME", 4, 431000, 302000, IN_AREA REGISTERED
	                        ", \"urn\": \"SC900001\", \"registeredPlaces\": {\"value\": 4},"
	                        "\"terms\": {\"leastAge\": {\"value\": 8}, \"mostAge\": {\"value\": 15}, \"sex\": \"ANY\"}");
	homes.supported = a_setting(charity, "Shared house", "SUPPORTED_ACCOMMODATION", 3, 430200, 299900, IN_AREA REGISTERED
	                            ", \"urn\": \"9000001\", \"supportedCategory\": \"SHARED_RING_FENCED\","
	                            "\"capabilities\": [\"UNACCOMPANIED\", \"ESOL\"],"
	                            "\"terms\": {\"leastAge\": {\"value\": 16}, \"mostAge\": {\"value\": 17}}");
	homes.unregistered = a_setting(landlord, "Rooms with a warden", "SUPPORTED_ACCOMMODATION", 2, 430100, 300100, IN_AREA
	                               ", \"registration\": \"NOT_REGISTERED\", \"supportedCategory\": \"SHARED\"");
	homes.flat = a_setting(landlord, "A flat", "OTHER_ARRANGEMENT", 1, 520100, 200100, IN_AREA
	                       ", \"registration\": \"NOT_REGISTERED\"");
	const char *block = text_at(call("providers/UpsertContract", "{\"reference\": \"BLOCK-1\", \"kind\": \"BLOCK\","
	                                 "\"fromDate\": \"2024-04-01\", \"commissioners\": [{\"authority\": \"999\", \"share\":"
	                                 "{\"value\": 4}}], \"lots\": [{\"code\": \"A\", \"homeKinds\": [\"CHILDRENS_HOME\"],"
	                                 "\"places\": {\"value\": 4}}]}"), "contract.id");
	const char *framework = text_at(call("providers/UpsertContract", "{\"reference\": \"FRAMEWORK-1\", \"kind\": \"FRAMEWORK\","
	                                     "\"fromDate\": \"2024-04-01\", \"lots\": [{\"code\": \"F\", \"homeKinds\":"
	                                     "[\"FOSTERING\"]}]}"), "contract.id");
	call("providers/UpsertContractMember", "{\"contractId\": \"%s\", \"lot\": \"A\", \"providerId\": \"%s\", \"fromDate\":"
	     "\"2024-04-01\"}", block, company);
	call("providers/UpsertContractMember", "{\"contractId\": \"%s\", \"lot\": \"F\", \"providerId\": \"%s\", \"tier\":"
	     "{\"value\": 1}, \"fromDate\": \"2024-04-01\"}", framework, agency);
	call("providers/UpsertContractMember", "{\"contractId\": \"%s\", \"lot\": \"F\", \"providerId\": \"%s\", \"tier\":"
	     "{\"value\": 2}, \"fromDate\": \"2024-04-01\"}", framework, second_agency);
	call("providers/SetFee", "{\"contractId\": \"%s\", \"weeklyFee\": {\"pence\": 520000}, \"fromDate\": \"2024-04-01\"}", block);
	call("providers/SetFee", "{\"contractId\": \"%s\", \"weeklyFee\": {\"pence\": 95000}, \"fromDate\": \"2024-04-01\"}", framework);
}

/* ---- needs ---- */

static const char *a_need(const char *child, const char *urgency, const char *needs)
{
	const char *id = text_at(call("referrals/CreateReferral", "{\"childId\": \"%s\", \"urgency\": \"%s\", \"neededBy\":"
	                              "\"2024-06-10\", \"needs\": {%s}}", child, urgency, needs), "referral.id");
	call("referrals/OpenReferral", "{\"referralId\": \"%s\"}", id);
	return id;
}

/* The call's answer once providers has heard of all that it names: ten seconds. */
static json_t *once_known(const char *method, const char *text)
{
	for (int i = 0; i < 500; i++) {
		struct answer answer = ask(AT_HOME, method, NULL, text);
		if (answer.json != NULL)
			return answer.json;
		ck_assert_msg(answer.status.code == HEARTH_NOT_FOUND, "%s: %s %s", method, answer.status.reason, answer.status.message);
		rest();
	}
	ck_abort_msg("%s: providers does not hear of it", method);
}

/* The answer for a referral. */
static json_t *match_of(const char *referral)
{
	char text[200];
	snprintf(text, sizeof text, "{\"referralId\": \"%s\", \"pageSize\": 500}", referral);
	return once_known("providers/MatchHomes", text);
}

static json_t *home_in(const json_t *match, const char *home)
{
	size_t i;
	json_t *one;
	json_array_foreach(at(match, "homes"), i, one)
		if (strcmp(text_at(one, "homeId"), home) == 0)
			return one;
	ck_abort_msg("a home is missing in the answer");
}

static const char *best_of(const json_t *match)
{
	ck_assert_int_eq(number_at(match, "homes.0.rank"), 1);
	return text_at(match, "homes.0.homeId");
}

/* Is it out by this rule, and does the rule say where it is written? */
static void is_out_by(const json_t *match, const char *home, const char *code, const char *source)
{
	json_t *is = home_in(match, home), *reason;
	size_t i;
	ck_assert(!json_is_true(at(is, "fits")));
	ck_assert_int_eq(number_at(is, "rank"), 0);
	json_array_foreach(at(is, "reasons"), i, reason) {
		if (strcmp(text_at(reason, "code"), code) != 0)
			continue;
		ck_assert_msg(strstr(text_at(reason, "source"), source) != NULL, "%s: source is \"%s\"", code, text_at(reason, "source"));
		ck_assert_str_ne(text_at(reason, "text"), "");
		return;
	}
	ck_abort_msg("%s is not among the reasons of %s", code, text_at(is, "name"));
}

static int64_t points_of(const json_t *home, const char *code)
{
	size_t i;
	json_t *part;
	json_array_foreach(at(home, "parts"), i, part)
		if (strcmp(text_at(part, "code"), code) == 0)
			return number_at(part, "points");
	return 0;
}

/* A score is the sum of its parts, places become fewer from level to level, and what fits stands before what does not. */
static void is_whole(const json_t *match)
{
	size_t i, k;
	json_t *home, *part;
	int64_t fitting = 0, last = 0;
	json_array_foreach(at(match, "homes"), i, home) {
		int64_t sum = 0, registered = number_at(home, "placesRegistered"), open = number_at(home, "placesOpen");
		json_array_foreach(at(home, "parts"), k, part)
			sum += number_at(part, "points");
		ck_assert_int_eq(sum, number_at(home, "score"));
		ck_assert(registered < 0 || registered >= open);
		ck_assert_int_ge(open, number_at(home, "placesOfferable"));
		ck_assert_int_ge(number_at(home, "placesOfferable"), number_at(home, "placesForChild"));
		if (!json_is_true(at(home, "fits"))) {
			ck_assert_uint_gt(json_array_size(at(home, "reasons")), 0);
			continue;
		}
		ck_assert_int_eq(number_at(home, "rank"), ++fitting);
		ck_assert(i == 0 || number_at(home, "score") <= last);
		last = number_at(home, "score");
	}
	ck_assert_int_eq(fitting, number_at(match, "fitting"));
	ck_assert_uint_eq(json_array_size(at(match, "homes")), (size_t)(fitting + number_at(match, "leftOut")));
}

/* Accepts an offer of the home and starts the placement. */
static void moves_in(const char *child, const char *referral, const char *home)
{
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(referral, home));
	const char *placement = placement_of(child);
	referral_in(referral, "PLANNED");
	start_placement(placement, "2024-06-03");
	referral_in(referral, "PLACED");
}

/* What the child's worker sees without asking: it follows by events, ten seconds at most. */
static void is_shortlisted(const char *referral, const char *home)
{
	for (int i = 0; i < 500; i++, rest()) {
		json_t *one, *detail = call("referrals/GetReferralDetail", "{\"referralId\": \"%s\"}", referral);
		size_t k;
		json_array_foreach(at(detail, "shortlist.homes"), k, one)
			if (strcmp(text_at(one, "homeId"), home) == 0)
				return;
	}
	ck_abort_msg("the home is not on the shortlist");
}

/* ---- the journey ---- */

static void a_girl_of_nine_keeps_her_school(void)
{
	const char *child = a_child();
	const char *id = a_need(child, "PLANNED", "\"age\": {\"value\": 9}, \"sex\": \"F\", \"homeGrid\": {\"easting\": 430000,"
	                        "\"northing\": 300000}, \"schoolGrid\": {\"easting\": 431000, \"northing\": 300500}, \"prefersLocal\":"
	                        "\"YES\", \"recommendation\": {\"fostering\": \"PREFERRED\", \"residential\": \"SUITABLE\","
	                        "\"supportedAccommodation\": \"UNSUITABLE\"}, \"risks\": {\"missing\": \"NO_KNOWN_RISK\"}, \"wishes\":"
	                        "\"WISHES_RECORDED\"");
	json_t *match = match_of(id);
	is_whole(match);
	ck_assert_str_eq(best_of(match), homes.near);
	json_t *near = home_in(match, homes.near), *far = home_in(match, homes.far), *block = home_in(match, homes.block);
	ck_assert_str_eq(text_at(near, "area"), "IN_AREA");
	ck_assert_str_eq(text_at(near, "route"), "IN_HOUSE");
	ck_assert_int_gt(points_of(near, "EDUCATION"), points_of(far, "EDUCATION"));
	ck_assert(json_is_true(at(far, "fits")) && json_is_true(at(block, "fits")));
	ck_assert_str_eq(text_at(far, "area"), "ADJOINING");
	ck_assert_int_ge(number_at(match, "fitting"), 3);
	ck_assert_uint_ge(json_array_size(at(match, "homes")), 80);
	ck_assert_str_eq(text_at(far, "route"), "FRAMEWORK");
	ck_assert_int_eq(number_at(far, "weeklyFee.pence"), 95000);
	ck_assert_str_eq(text_at(block, "route"), "BLOCK");
	ck_assert_int_eq(number_at(block, "weeklyFee.pence"), 520000);
	is_out_by(match, homes.small_ones, "OUTSIDE_AGE_TERMS", "28");
	is_out_by(match, homes.supported, "UNSUITABLE_KIND", "");
	/* The shortlist says the same; a person decides. */
	is_shortlisted(id, homes.near);
	moves_in(child, id, homes.near);
	/* The answer that was given can be given again, though the place is gone since. */
	json_t *again = call("providers/GetMatch", "{\"matchId\": \"%s\", \"pageSize\": 500}", text_at(match, "matchId"));
	ck_assert(json_equal(at(again, "homes"), at(match, "homes")));
	ck_assert_int_eq(number_at(again, "match.revision"), number_at(match, "revision"));
}

/* Of homes whose place on the map is known none fits: a home that lies nobody knows where is not left out, it says so. */
static void nothing_fits_within_reach(const json_t *match)
{
	size_t i;
	json_t *home;
	json_array_foreach(at(match, "homes"), i, home)
		ck_assert_msg(!json_is_true(at(home, "fits")) || at(home, "distance") == NULL, "%s fits", text_at(home, "name"));
}

/* Nothing but the flat within reach. */
static void a_boy_of_fifteen_gets_no_flat(void)
{
	const char *id = a_need(new_id(), "EMERGENCY", "\"age\": {\"value\": 15}, \"sex\": \"M\", \"homeGrid\": {\"easting\": 520000,"
	                        "\"northing\": 200000}, \"mostMiles\": {\"miles\": 3}");
	json_t *match = match_of(id);
	is_whole(match);
	nothing_fits_within_reach(match);
	is_out_by(match, homes.flat, "UNDER_16_OTHER_ARRANGEMENT", "27A");
	json_t *flat = at(call("providers/ExplainHome", "{\"homeId\": \"%s\", \"referralId\": \"%s\"}", homes.flat, id), "home");
	ck_assert_msg(json_array_size(at(flat, "reasons")) == 1, "%s", json_dumps(at(flat, "reasons"), 0));
	ck_assert_int_eq(number_at(flat, "placesOfferable"), 1);
	ck_assert_int_eq(number_at(flat, "placesForChild"), 0);
	size_t i;
	json_t *count;
	int64_t by_27a = 0;
	json_array_foreach(at(match, "ruleCounts"), i, count)
		if (strstr(text_at(count, "source"), "27A") != NULL)
			by_27a += number_at(count, "homes");
	ck_assert_int_ge(by_27a, 1);
	/* Nor is a place there held for him, when somebody accepts all the same: the referral is open again and says why. */
	call("referrals/AcceptOffer", "{\"offerId\": \"%s\"}", an_offer(id, homes.flat));
	ck_assert_str_eq(text_at(referral_in(id, "OPEN"), "reason"), "UNDER_16_OTHER_ARRANGEMENT");
	occupancy_is(homes.flat, 0, 0, 0);
	/* Whatever its weights, the council cannot buy the rule off. */
	json_t *weights = at(call("providers/GetMatchWeights", "{}"), "weights");
	call("providers/SetMatchWeights", "{\"etag\": \"%s\", \"weights\": [{\"code\": \"DISTANCE\", \"value\": 1000000, \"rationale\":"
	     "\"as near as can be\"}]}", text_at(weights, "etag"));
	json_t *anew = match_of(id);
	ck_assert_str_ne(text_at(anew, "weightsVersion"), text_at(match, "weightsVersion"));
	is_out_by(anew, homes.flat, "UNDER_16_OTHER_ARRANGEMENT", "27A");
	/* A year older, and the law asks for registered supported accommodation. */
	json_t *older = call("providers/MatchHomes", "{\"pageSize\": 500, \"needs\": {\"age\": {\"value\": 16}, \"sex\": \"M\","
	                     "\"homeGrid\": {\"easting\": 520000, \"northing\": 200000}, \"mostMiles\": {\"miles\": 3}}}");
	nothing_fits_within_reach(older);
	is_out_by(older, homes.flat, "NOT_SUPPORTED_ACCOMMODATION", "27C");
}

static void a_boy_of_sixteen_finds_a_registered_house(void)
{
	const char *child = text_at(call("placements/CreateChild", "{\"sex\": \"M\", \"unaccompanied\": true}"), "child.id");
	const char *id = a_need(child, "URGENT", "\"age\": {\"value\": 16}, \"sex\": \"M\", \"unaccompanied\": true, \"homeKinds\":"
	                        "[\"SUPPORTED_ACCOMMODATION\", \"SUPPORTED_LODGINGS\"], \"homeGrid\":"
	                        "{\"easting\": 430000, \"northing\": 300000}, \"requirements\": {\"communicationNeeds\": \"YES\","
	                        "\"communication\": [\"ESOL\"]}, \"recommendation\": {\"supportedAccommodation\": \"PREFERRED\","
	                        "\"residential\": \"UNSUITABLE\"}, \"wishes\": \"WISHES_RECORDED\"");
	json_t *match = match_of(id);
	is_whole(match);
	ck_assert_str_eq(best_of(match), homes.supported);
	ck_assert_int_gt(points_of(home_in(match, homes.supported), "CAPABILITIES"), 0);
	is_out_by(match, homes.unregistered, "NOT_REGISTERED", "27C");
	is_out_by(match, homes.block, "UNSUITABLE_KIND", "");
	moves_in(child, id, homes.supported);
	json_t *who = at(call("providers/ExplainHome", "{\"homeId\": \"%s\", \"needs\": {\"age\": {\"value\": 17}}}", homes.supported),
	                 "home.residents");
	ck_assert_uint_eq(json_array_size(who), 1);
	ck_assert_int_eq(number_at(who, "0.age.value"), 16);
	ck_assert_str_eq(text_at(who, "0.sex"), "M");
	ck_assert(json_is_true(at(who, "0.own")));
}

static const char *share_of(const json_t *shares, const char *home)
{
	size_t i;
	json_t *share;
	json_array_foreach(shares, i, share)
		if (strcmp(text_at(share, "homeId"), home) == 0)
			return text_at(share, "referralIds.0");
	return NULL;
}

/* Two miles from the two households with room; beyond five no home is looked for. */
#define THREE "\"homeKinds\": [\"FOSTERING\"], \"homeGrid\": {\"easting\": 470000, \"northing\": 241000}, \"mostMiles\":" \
	"{\"miles\": 5}, \"siblings\": {\"value\": 2}"

/* A child lives in the one household that has three places left: with three more it would be no foster home any more. The
 * three are parted at best, the answer says by what, and when a household of their own comes, they are not. */
static void brothers_and_sisters_stay_together(void)
{
	static const char *const who[] = { "\"age\": {\"value\": 4}, \"sex\": \"F\", " THREE,
		"\"age\": {\"value\": 7}, \"sex\": \"M\", " THREE, "\"age\": {\"value\": 11}, \"sex\": \"F\", " THREE };
	const char *resident = a_child(), *children[3], *ids[3];
	call("placements/PlanPlacement", "{\"childId\": \"%s\", \"homeId\": \"%s\", \"plannedStart\": \"2024-06-03\","
	     "\"placementType\": \"U6\", \"legalStatus\": \"C2\"}", resident, homes.big);
	start_placement(placement_of(resident), "2024-06-03");
	occupancy_is(homes.big, 0, 1, 0);
	for (size_t i = 0; i < 3; i++) {
		children[i] = a_child();
		ids[i] = a_need(children[i], "URGENT", who[i]);
	}
	call("referrals/LinkSiblings", "{\"referralId\": \"%s\", \"siblingReferralIds\": [\"%s\", \"%s\"]}", ids[0], ids[1],
	     ids[2]);
	char text[300];
	snprintf(text, sizeof text, "{\"referralIds\": [\"%s\", \"%s\", \"%s\"]}", ids[0], ids[1], ids[2]);
	json_t *parted = once_known("providers/MatchGroup", text);
	ck_assert_int_eq(number_at(parted, "togetherHomes"), 0);
	ck_assert_uint_eq(json_array_size(at(parted, "split")), 2);
	ck_assert_uint_eq(json_array_size(at(parted, "unplaced")), 0);
	ck_assert(share_of(at(parted, "split"), homes.big) != NULL && share_of(at(parted, "split"), homes.pair) != NULL);
	size_t i, k;
	json_t *obstacle, *reason;
	bool said = false;
	json_array_foreach(at(parted, "obstacles"), i, obstacle)
		json_array_foreach(at(obstacle, "reasons"), k, reason)
			said |= strcmp(text_at(obstacle, "homeId"), homes.big) == 0 &&
				strcmp(text_at(reason, "code"), "FOSTERING_LIMIT") == 0 &&
				strstr(text_at(reason, "source"), "1989") != NULL;
	ck_assert_msg(said, "nothing says why not the household with three places left");
	/* A household of the second agency is approved for three. The next answer sees it. */
	const char *new_home = a_setting(second_agency, "Household for three", "FOSTERING", 3, 470500, 240500, IN_AREA);
	approve(new_home, 0, 17, 3);
	json_t *together = once_known("providers/MatchGroup", text);
	ck_assert_int_eq(number_at(together, "togetherHomes"), 1);
	ck_assert_str_eq(text_at(together, "together.0.homeId"), new_home);
	ck_assert_uint_eq(json_array_size(at(together, "together.0.referralIds")), 3);
	ck_assert_int_gt(number_at(together, "revision"), number_at(parted, "revision"));
	/* Nobody asks, and the shortlists have it. */
	for (i = 0; i < 3; i++)
		is_shortlisted(ids[i], new_home);
	for (i = 0; i < 3; i++)
		moves_in(children[i], ids[i], new_home);
	occupancy_is(new_home, 0, 3, 0);
}

#define ALONE "\"sex\": \"F\", \"homeKinds\": [\"FOSTERING\"], \"homeGrid\": {\"easting\": 600000, \"northing\": 150000}," \
	"\"mostMiles\": {\"miles\": 5}"

/* Who comes first would take the only home that fits the second. */
static void all_that_are_open_are_looked_at_together(void)
{
	const char *near = a_setting(agency, "Household at hand", "FOSTERING", 1, 600000, 150400, IN_AREA);
	const char *further = a_setting(agency, "Household for older children", "FOSTERING", 1, 603000, 150000, IN_AREA);
	approve(near, 0, 17, 1);
	approve(further, 10, 17, 1);
	const char *first = a_need(new_id(), "URGENT", "\"age\": {\"value\": 12}, " ALONE);
	match_of(first);
	const char *second = a_need(new_id(), "URGENT", "\"age\": {\"value\": 5}, " ALONE);
	match_of(second);
	json_t *queue = call("providers/MatchQueue", "{}"), *one, *of_first = NULL, *of_second = NULL;
	size_t i;
	json_array_foreach(at(queue, "suggestions"), i, one) {
		of_first = strcmp(text_at(one, "referralId"), first) == 0 ? one : of_first;
		of_second = strcmp(text_at(one, "referralId"), second) == 0 ? one : of_second;
	}
	ck_assert(of_first != NULL && of_second != NULL);
	ck_assert_str_eq(text_at(of_first, "homeIdInTurn"), near);
	ck_assert_str_eq(text_at(of_second, "homeIdInTurn"), "");
	ck_assert_str_eq(text_at(of_first, "homeId"), further);
	ck_assert_str_eq(text_at(of_second, "homeId"), near);
	ck_assert_uint_eq(json_array_size(at(of_first, "options")), 2);
	ck_assert_int_eq(number_at(queue, "suggested.placed"), number_at(queue, "inTurn.placed") + 1);
	/* It suggests: no place is held. */
	occupancy_is(near, 0, 0, 0);
	ck_assert_str_eq(text_at(referral_in(first, "OPEN"), "acceptedOfferId"), "");
}

START_TEST(a_council_finds_homes_for_its_children_and_says_why_not)
{
	there_is_a_region();
	there_are_carers();
	there_are_settings();
	a_girl_of_nine_keeps_her_school();
	a_boy_of_sixteen_finds_a_registered_house();
	a_boy_of_fifteen_gets_no_flat();
	brothers_and_sisters_stay_together();
	all_that_are_open_are_looked_at_together();
}
END_TEST

int main(void)
{
	static const struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "matching journey", a_council_finds_homes_for_its_children_and_says_why_not);
}
