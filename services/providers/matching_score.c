/* matching_score.c: the published, additive score of a home that fits (matching_check.h). Pure: values in, values out.
 *
 * Every part is a weight times how far it is met, in whole thousandths of a point, so that a score can be made again
 * exactly. What is not known brings no points and takes none.
 */
#include "matching_check.h"

#include "matching_codes.h"

enum match_area match_area_of(const struct match_question *question, uint16_t area)
{
	uint16_t own = question->need->authority;
	const struct match_adjoining *adjoining = question->adjoining;
	if (!area || !own)
		return MATCH_AREA_UNKNOWN;
	if (area == own)
		return MATCH_IN_AREA;
	if (!adjoining->known || area >= 64 * sizeof adjoining->bits / sizeof adjoining->bits[0])
		return MATCH_AREA_UNKNOWN;
	return adjoining->bits[area / 64] >> area % 64 & 1 ? MATCH_ADJOINING : MATCH_AT_DISTANCE;
}

bool match_stale(const struct match_question *question, int64_t confirmed)
{
	const struct match_rule_of_law *stale = &question->law->rules[MATCH_LAW_VACANCY_STALE_DAYS];
	return stale->source && question->need->now - confirmed > (int64_t)stale->value * 86400;
}

/* ---- the way to a place ---- */

/* First route of this council; routes stand by authority. */
static unsigned first_route(const struct match_home *home, uint16_t authority)
{
	unsigned low = 0, high = home->route_count;
	while (low < high) {
		unsigned middle = (low + high) / 2;
		if (home->routes[middle].authority < authority)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* By the order of routes, then the tier, then the fee, one that is known first. */
static bool better(const struct match_route *route, const struct match_route *than)
{
	if (!than || route->route != than->route)
		return !than || route->route < than->route;
	if (route->tier != than->tier)
		return than->tier == 0 || (route->tier != 0 && route->tier < than->tier);
	return than->pence == MATCH_UNKNOWN || (route->pence != MATCH_UNKNOWN && route->pence < than->pence);
}

/* Of this council's on that day; `to` holds as long as no route begins or ends. */
static const struct match_route *best_route(const struct match_home *home, uint16_t authority, int32_t day, struct match_offer *to)
{
	const struct match_route *best = NULL;
	for (unsigned i = first_route(home, authority); i < home->route_count && home->routes[i].authority == authority; i++) {
		const struct match_route *route = &home->routes[i];
		bool begun = route->from <= day, ended = route->until <= day;
		int32_t from = ended ? route->until : begun ? route->from : MATCH_EVER;
		int32_t until = !begun ? route->from : ended ? MATCH_OPEN_END : route->until;
		to->from = from > to->from ? from : to->from;
		to->until = until < to->until ? until : to->until;
		if (begun && !ended && better(route, best))
			best = route;
	}
	return best;
}

void match_offer_reckon(const struct match_home *home, uint16_t authority, int32_t day, struct match_offer *ret_offer)
{
	struct match_offer offer = { .from = MATCH_EVER, .until = MATCH_OPEN_END, .pence = home->pence,
		.confirmed = home->vacancy_confirmed, .authority = authority, .outcome = home->outcome };
	const struct match_route *any = best_route(home, 0, day, &offer);
	const struct match_route *own = authority ? best_route(home, authority, day, &offer) : NULL;
	const struct match_route *best = own && (!any || !better(any, own)) ? own : any;
	if (best) {
		offer.route = best->route;
		offer.tier = best->tier;
		/* The home's own fee is what it asks without a contract. */
		if (best->route != MATCH_SPOT || best->pence != MATCH_UNKNOWN)
			offer.pence = best->pence;
	} else if (authority && home->own_authority == authority) {
		offer.route = MATCH_IN_HOUSE;
	} else if (authority && home->pence != MATCH_UNKNOWN) {
		offer.route = MATCH_SPOT;      /* no contract, and what the home asks without one is known */
	}
	*ret_offer = offer;
}

/* ---- parts ---- */

/* weight x how much of `most` is left, from none at `most`. */
static int32_t share_left(int32_t weight, int64_t used, int64_t most)
{
	return used >= most ? 0 : (int32_t)(weight * (most - used) / most);
}

static int32_t education_points(const struct match_weights *weights, int32_t tenths)
{
	int32_t full = weights->education_full_tenths, none = weights->education_none_tenths;
	if (tenths == MATCH_UNKNOWN)
		return 0;
	return tenths <= full ? weights->education : share_left(weights->education, tenths - full, none - full);
}

static int32_t area_points(const struct match_weights *weights, enum match_area area)
{
	switch (area) {
	case MATCH_IN_AREA: return weights->in_area;
	case MATCH_ADJOINING: return weights->adjoining;
	case MATCH_AT_DISTANCE: return weights->at_distance;
	default: return 0;
	}
}

static int32_t recommendation_points(const struct match_prepared *prepared, const struct match_day *day)
{
	unsigned kind = day->setting / 4 / MATCH_REGISTRATIONS;
	const struct match_need *need = prepared->question.need;
	const struct match_weights *weights = prepared->question.weights;
	uint8_t is = kind == MATCH_FOSTERING ? need->foster
		: kind == MATCH_SUPPORTED_ACCOMMODATION || kind == MATCH_SUPPORTED_LODGINGS ? need->supported
		: kind == MATCH_CHILDRENS_HOME || kind == MATCH_SECURE_CHILDRENS_HOME ||
		  kind == MATCH_RESIDENTIAL_SPECIAL_SCHOOL ? need->residential : MATCH_NOT_SPECIFIED;
	return is == MATCH_PREFERRED ? weights->preferred : is == MATCH_SUITABLE ? weights->suitable : 0;
}

static int32_t sibling_points(const struct match_prepared *prepared, const struct match_home *home)
{
	const struct match_need *need = prepared->question.need;
	int64_t there = 0;
	for (unsigned i = 0; need->sibling_count && i < home->resident_count; i++)
		there += match_is_sibling(need, &home->residents[i]);
	if (there)
		return (int32_t)(prepared->question.weights->siblings * there / need->sibling_count);
	return prepared->children > 1 ? prepared->question.weights->siblings : 0;
}

/* That the hard rules are kept is known; points are for a wish that who lives there meets. */
static int32_t companion_points(const struct match_prepared *prepared, const struct match_day *day)
{
	uint8_t wish = prepared->question.need->companions;
	bool met = (wish == MATCH_SOLO && day->living == 0) || (wish == MATCH_WITH_OTHERS && day->living > 0) ||
		((wish == MATCH_ONLY_OLDER || wish == MATCH_ONLY_YOUNGER) && day->oldest >= 0);
	return met ? prepared->question.weights->companions : 0;
}

static int32_t capability_points(const struct match_prepared *prepared, const struct match_day *day)
{
	int wanted = __builtin_popcount(prepared->capabilities);
	int met = __builtin_popcount(prepared->capabilities & day->capabilities);
	return wanted ? (int32_t)((int64_t)prepared->question.weights->capabilities * met / wanted) : 0;
}

static int32_t route_points(const struct match_weights *weights, const struct match_offer *offer)
{
	int64_t points = weights->route[offer->route < MATCH_ROUTES ? offer->route : MATCH_ROUTE_UNKNOWN];
	if (offer->tier > 1)
		points -= (int64_t)weights->tier * (offer->tier - 1);
	return (int32_t)(points < 0 ? 0 : points);
}

static struct match_grid grid_of(const struct match_day *day)
{
	return (struct match_grid){ day->easting != MATCH_NO_GRID, day->easting, day->northing };
}

int32_t match_score(const struct match_prepared *prepared, const struct match_home *home, const struct match_day *day,
                    const struct match_offer *offer, int32_t tenths, int32_t *ret_parts)
{
	const struct match_question *question = &prepared->question;
	const struct match_weights *weights = question->weights;
	int32_t parts[MATCH_PARTS] = {
		[MATCH_PART_DISTANCE] = tenths == MATCH_FAR ? 0 : share_left(weights->distance, tenths, weights->distance_none_tenths),
		[MATCH_PART_EDUCATION] = question->need->school.known
			? education_points(weights, match_tenths(question->need->school, grid_of(day))) : 0,
		[MATCH_PART_AREA] = area_points(weights, match_area_of(question, day->area)),
		[MATCH_PART_RECOMMENDATION] = recommendation_points(prepared, day),
		[MATCH_PART_SIBLINGS] = sibling_points(prepared, home),
		[MATCH_PART_COMPANIONS] = companion_points(prepared, day),
		[MATCH_PART_CAPABILITIES] = capability_points(prepared, day),
		[MATCH_PART_ROUTE] = route_points(weights, offer),
		[MATCH_PART_FEE] = offer->pence == MATCH_UNKNOWN ? 0 : share_left(weights->fee, offer->pence, weights->fee_none_pence),
		[MATCH_PART_INSPECTION] = weights->outcome[offer->outcome < MATCH_OUTCOMES ? offer->outcome : MATCH_OUTCOME_UNKNOWN],
		[MATCH_PART_CONFIRMED] = offer->confirmed > 0 && !match_stale(question, offer->confirmed) ? weights->confirmed : 0,
	};
	int32_t score = 0;
	for (int i = 0; i < MATCH_PARTS; i++) {
		score += parts[i];
		if (ret_parts)
			ret_parts[i] = parts[i];
	}
	return score;
}
