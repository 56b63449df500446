/* synth_child.c: the life of a child in care: when it ends and why, legal statuses, placements, and the episodes that
 * they make together. Random numbers come in a fixed order, so that the same stream gives the same life. */
#include "synth.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#define MONTH 30                       /* days, of rates by month */
#define EVENTS_MOST 250                /* changes of a period */

/* ---- random numbers ------------------------------------------------------------------------------------------------- */

/* SplitMix64 (Steele, Lea, Flood 2014): a counter and a mix of its bits. */
static uint64_t mix(uint64_t bits)
{
	bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
	return bits ^ (bits >> 31);
}

void synth_random_init(struct synth_random *random, uint64_t seed, uint64_t stream)
{
	random->state = mix(mix(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ stream);
}

uint32_t synth_below(struct synth_random *random, uint32_t limit)
{
	random->state += UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(((mix(random->state) >> 32) * limit) >> 32);
}

bool synth_permille(struct synth_random *random, uint32_t permille)
{
	return synth_below(random, 1000) < permille;
}

int32_t synth_around(struct synth_random *random, uint32_t middle)
{
	uint32_t least = middle * 7 / 10, most = middle * 13 / 10;
	int32_t days = (int32_t)(least + synth_below(random, most - least + 1));
	return days > 0 ? days : 1;
}

size_t synth_pick(struct synth_random *random, const struct synth_data *data, enum synth_group group)
{
	uint32_t at = synth_below(random, (uint32_t)data->totals[group]);
	size_t key = 0;
	for (; at >= data->values[group][key]; key++)
		at -= data->values[group][key];
	return key;
}

static const char *pick_key(struct synth_random *random, const struct synth_data *data, enum synth_group group)
{
	return synth_key(group, synth_pick(random, data, group));
}

/* ---- who ------------------------------------------------------------------------------------------------------------ */

int synth_age(int32_t born, int32_t day)
{
	int age = (int)((day - born) / 366);
	while (hearth_date_birthday(born, age + 1) <= day)
		age++;
	return age;
}

/* Days of age when care begins. Half of those under 1 are under three months. */
static uint32_t entry_age(const struct synth_data *data, struct synth_random *random)
{
	static const uint32_t from[] = { 0, 366, 1827, 3653, 5845 }, days[] = { 365, 1460, 1826, 2191, 700 };
	size_t band = synth_pick(random, data, SYNTH_ENTRY_AGE);
	uint32_t range = band == 0 && synth_permille(random, 500) ? 90 : days[band];
	return from[band] + synth_below(random, range);
}

void synth_child_init(struct synth_child *child, const struct synth_data *data, struct synth_random *random, int32_t day)
{
	*child = (struct synth_child){ .mother_since = SYNTH_NO_DAY };
	child->unaccompanied = synth_permille(random, synth_value(data, SYNTH_UNACCOMPANIED, "entries"));
	if (child->unaccompanied) {
		uint32_t years = 14 + (uint32_t)synth_pick(random, data, SYNTH_UASC_AGE);
		child->born = day - (int32_t)(years * 365 + years / 4 + 1 + synth_below(random, years == 17 ? 300 : 360));
	} else {
		child->born = day - (int32_t)entry_age(data, random);
	}
	child->female = synth_pick(random, data, child->unaccompanied ? SYNTH_UASC_SEX : SYNTH_SEX) == 1;
	child->ethnic = pick_key(random, data, child->unaccompanied ? SYNTH_UASC_ETHNIC : SYNTH_ETHNIC);
	child->need = child->unaccompanied ? "N8" : pick_key(random, data, SYNTH_NEED);
	child->adoption = !child->unaccompanied && synth_age(child->born, day) < 4
	                  && synth_permille(random, synth_value(data, SYNTH_ADOPTION, "entries_under_4"));
	if (child->female && synth_permille(random, synth_value(data, SYNTH_MODULES, "mother")))
		child->mother_since = hearth_date_birthday(child->born, 15) + (int32_t)synth_below(random, 1000);
	child->own = synth_below(random, UINT32_MAX);
}

void synth_child_done(struct synth_child *child)
{
	free(child->episodes);
	child->episodes = NULL;
	child->count = child->room = 0;
}

bool synth_child_returns(const struct synth_child *child, int32_t day)
{
	const char *rec = child->episodes[child->count - 1].rec;
	return (strcmp(rec, "E4A") == 0 || strcmp(rec, "E4B") == 0)
	       && hearth_date_birthday(child->born, 17) > day && child->episodes[child->count - 1].dec + 30 < day;
}

/* ---- a period of care ----------------------------------------------------------------------------------------------- */

struct change { int32_t day; const char *code, *rne, *reason; };

struct period {
	const struct synth_data *data;
	struct synth_random *random;
	const struct synth_child *child;
	int32_t from, to;              /* to: the day on which care ends */
	int32_t order, placed;         /* of an adoption */
	size_t legal_count, place_count;
	struct change legal[8], place[EVENTS_MOST];
};

/* Rates by month of care and age; at the latest the 18th birthday. */
static int32_t pick_end(const struct period *period)
{
	static const int32_t until[] = { 1, 6, 12, 24, 60, INT32_MAX };
	const struct synth_data *data = period->data;
	int32_t grown = hearth_date_birthday(period->child->born, 18);
	size_t band = 0;
	for (int32_t month = 0;; month++) {
		int32_t day = period->from + month * MONTH;
		if (day >= grown)
			return grown;
		while (month >= until[band])
			band++;
		int age = synth_age(period->child->born, day);
		size_t by_age = age < 5 ? 0 : age < 10 ? 1 : age < 16 ? 2 : 3;
		uint32_t rate = data->values[SYNTH_EXIT_MONTH][band] * data->values[SYNTH_EXIT_AGE][by_age] * 10;
		if (synth_below(period->random, 1000000) >= rate)
			continue;
		day += 1 + (int32_t)synth_below(period->random, MONTH);
		return day < grown ? day : grown;
	}
}

static void plan_end(struct period *period)
{
	const struct synth_data *data = period->data;
	period->order = period->placed = INT32_MAX;
	if (!period->child->adoption) {
		period->to = pick_end(period);
		return;
	}
	period->order = period->from + synth_around(period->random, synth_value(data, SYNTH_ADOPTION, "order_days"));
	period->placed = period->order + synth_around(period->random, synth_value(data, SYNTH_ADOPTION, "placed_days")
		- synth_value(data, SYNTH_ADOPTION, "order_days"));
	period->to = period->placed + synth_around(period->random, synth_value(data, SYNTH_ADOPTION, "adopted_days")
		- synth_value(data, SYNTH_ADOPTION, "placed_days"));
}

static void add_legal(struct period *period, int32_t day, const char *code)
{
	if (day < period->to)
		period->legal[period->legal_count++] = (struct change){ .day = day, .code = code };
}

/* An interim care order, and what the court makes of it. */
static void add_court(struct period *period, int32_t day)
{
	add_legal(period, day, "C1");
	int32_t days = synth_around(period->random, synth_value(period->data, SYNTH_LEGAL, "care_order_days"));
	if (!period->child->adoption)
		add_legal(period, day + days, "C2");
	else
		add_legal(period, period->order > day ? period->order : day + 1, "E1");
}

static void plan_legal(struct period *period)
{
	const struct synth_data *data = period->data;
	struct synth_random *random = period->random;
	int32_t day = period->from;
	const char *first = pick_key(random, data, SYNTH_FIRST_LEGAL);
	bool old = synth_age(period->child->born, day) >= 12;
	if (period->child->unaccompanied || (strcmp(first, "J1") == 0 && !old))
		first = "V2";
	if (strcmp(first, "L1") == 0 || strcmp(first, "L2") == 0) {
		add_legal(period, day, first);
		bool police = strcmp(first, "L1") == 0;
		day += 1 + (int32_t)synth_below(random, police ? 3 : 8);
		/* Neither may last: who has not gone home by then is before the court. */
		add_court(period, day);
		return;
	}
	if (strcmp(first, "J1") == 0) {
		add_legal(period, day, "J1");
		day += synth_around(random, synth_value(data, SYNTH_LEGAL, "remand_days"));
		first = "V2";
	}
	if (strcmp(first, "V2") == 0) {
		add_legal(period, day, "V2");
		if (period->child->unaccompanied
		    || (!period->child->adoption && !synth_permille(random, synth_value(data, SYNTH_LEGAL, "accommodated_to_court"))))
			return;
		day += synth_around(random, synth_value(data, SYNTH_LEGAL, "to_court_days"));
	}
	add_court(period, day);
}

static const char *legal_on(const struct period *period, int32_t day)
{
	size_t at = 0;
	while (at + 1 < period->legal_count && period->legal[at + 1].day <= day)
		at++;
	return period->legal[at].code;
}

/* An order stands behind it: with parents is never accommodation under section 20. */
static bool is_care_order(const char *legal)
{
	return legal[0] == 'C';
}

static const char *pick_place(const struct period *period, int32_t day, const char *before)
{
	const struct synth_child *child = period->child;
	int age = synth_age(child->born, day);
	enum synth_group group = child->unaccompanied ? SYNTH_PLACE_UASC
		: age < 5 ? SYNTH_PLACE_0_4 : age < 10 ? SYNTH_PLACE_5_9 : age < 16 ? SYNTH_PLACE_10_15 : SYNTH_PLACE_16_17;
	const char *place = pick_key(period->random, period->data, group);
	/* Home to parents is the end of a plan, more often than the lists of ages say. */
	if (before != NULL && !child->adoption && !child->unaccompanied && strcmp(legal_on(period, day), "C2") == 0
	    && synth_permille(period->random, synth_value(period->data, SYNTH_PARENTS, "move_permille")))
		place = "P1";
	if (child->adoption && place[0] != 'U')
		return "U6";
	if (strcmp(place, "P1") == 0 && (!is_care_order(legal_on(period, day)) || (before != NULL && strcmp(before, "P1") == 0)))
		return "U6";
	if (strcmp(place, SYNTH_SUPPORTED) == 0 && age < 16)
		return "K2";
	if (strcmp(place, "K1") == 0 && age < 13)
		return "K2";
	/* These have no home of their own: from one to the same would be no move. */
	if (place[0] == 'R' && before != NULL && strcmp(place, before) == 0)
		return "U6";
	return place;
}

static struct change *add_place(struct period *period, int32_t day, const char *code, const char *rne, const char *reason)
{
	if (day >= period->to || period->place_count == EVENTS_MOST)
		return NULL;
	struct change *change = &period->place[period->place_count++];
	*change = (struct change){ .day = day, .code = code, .rne = rne, .reason = reason };
	return change;
}

/* The same carers, for good. */
static bool becomes_long_term(struct period *period, const char **place, int32_t since, int32_t day)
{
	if ((strcmp(*place, "U3") != 0 && strcmp(*place, "U6") != 0) || period->child->adoption || period->child->unaccompanied
	    || day - since < (int32_t)synth_value(period->data, SYNTH_LONG_TERM, "days")
	    || !synth_permille(period->random, synth_value(period->data, SYNTH_LONG_TERM, "permille") / 10))
		return false;
	*place = strcmp(*place, "U3") == 0 ? "U1" : "U4";
	return true;
}

static void plan_adopters(struct period *period)
{
	if (!period->child->adoption)
		return;
	if (synth_permille(period->random, synth_value(period->data, SYNTH_ADOPTION, "same_carer")))
		add_place(period, period->placed, "A5", "T", "PLACE");
	else
		add_place(period, period->placed, "A6", "P", "CARPL");
}

/* Rates by month in the placement. */
static void plan_places(struct period *period)
{
	static const int32_t until[] = { 1, 3, 12, INT32_MAX };
	const uint32_t *rates = period->data->values[SYNTH_MOVE_MONTH];
	const char *place = pick_place(period, period->from, NULL);
	int32_t since = period->from, last = period->placed < period->to ? period->placed - 1 : period->to;
	add_place(period, period->from, place, "S", "");
	for (int32_t day = period->from + MONTH, month = 1; day < last; day += MONTH, month++) {
		size_t band = 0;
		while (month > until[band])
			band++;
		int32_t on = day - (int32_t)synth_below(period->random, MONTH - 1);
		if (becomes_long_term(period, &place, since, on)) {
			add_place(period, on, place, "T", "PLACE");
		} else if (synth_permille(period->random, place[1] == '1' && place[0] == 'U' ? rates[band] / 2 : rates[band])) {
			const char *reason = pick_key(period->random, period->data, SYNTH_REASON);
			place = pick_place(period, on, place);
			add_place(period, on, place, "P", reason);
			since = on;
			month = 0;
		}
	}
	plan_adopters(period);
}

/* ---- why it ends ---------------------------------------------------------------------------------------------------- */

static const char *guardianship(const char *place)
{
	if (place[0] != 'U')
		return "E47";
	return place[1] <= '3' ? "E45" : "E46";
}

static const char *pick_end_reason(const struct period *period, const char *place, const char *legal)
{
	const struct synth_child *child = period->child;
	if (child->adoption)
		return synth_permille(period->random, synth_value(period->data, SYNTH_ADOPTION, "unopposed")) ? "E11" : "E12";
	int age = synth_age(child->born, period->to);
	enum synth_group group = age >= 18 ? SYNTH_LEFT_18 : age >= 16 ? SYNTH_LEFT_16_17 : age >= 5 ? SYNTH_LEFT_5_15
		: SYNTH_LEFT_0_4;
	const char *rec = pick_key(period->random, period->data, group);
	if (strcmp(legal, "J1") == 0)
		return "E14";
	if (strcmp(rec, "SGO") == 0)
		return child->unaccompanied ? "E8" : guardianship(place);
	if (child->unaccompanied && (strcmp(rec, "E4A") == 0 || strcmp(rec, "E4B") == 0))
		return age >= 18 ? "E5" : "E3";
	if (strcmp(rec, "E17") == 0 && place[0] != 'U')
		return "E5";
	return rec;
}

/* ---- episodes ------------------------------------------------------------------------------------------------------- */

static struct synth_episode *add_episode(struct synth_child *child)
{
	if (child->count == child->room) {
		child->room = child->room == 0 ? 8 : 2 * child->room;
		child->episodes = hearth_realloc(child->episodes, child->room * sizeof(*child->episodes));
	}
	struct synth_episode *episode = &child->episodes[child->count++];
	*episode = (struct synth_episode){ .dec = SYNTH_NO_DAY, .rec = "", .reason = "", .provider = "", .home = SYNTH_NO_HOME };
	return episode;
}

/* RNE of a change of legal status, of placement, or of both on one day. */
static const char *both(const struct change *legal, const struct change *place)
{
	if (place == NULL)
		return "L";
	if (legal == NULL || place->rne[0] == 'S')
		return place->rne;
	return place->rne[0] == 'P' ? "B" : "U";
}

static void make_episodes(struct synth_child *child, const struct period *period)
{
	size_t legal = 0, place = 0, first = child->count;
	const char *ls = NULL, *where = NULL;
	while (legal < period->legal_count || place < period->place_count) {
		int32_t day = legal < period->legal_count ? period->legal[legal].day : INT32_MAX;
		if (place < period->place_count && period->place[place].day < day)
			day = period->place[place].day;
		const struct change *new_legal = legal < period->legal_count && period->legal[legal].day == day
			? &period->legal[legal++] : NULL;
		const struct change *new_place = place < period->place_count && period->place[place].day == day
			? &period->place[place++] : NULL;
		if (child->count > first) {
			struct synth_episode *before = &child->episodes[child->count - 1];
			before->dec = day;
			before->rec = "X1";
			before->reason = new_place != NULL ? new_place->reason : "";
		}
		ls = new_legal != NULL ? new_legal->code : ls;
		where = new_place != NULL ? new_place->code : where;
		struct synth_episode *episode = add_episode(child);
		episode->decom = day;
		episode->rne = both(new_legal, new_place);
		episode->ls = ls;
		episode->place = where;
	}
	struct synth_episode *last = &child->episodes[child->count - 1];
	last->dec = period->to;
	last->rec = pick_end_reason(period, last->place, last->ls);
}

void synth_child_live(struct synth_child *child, const struct synth_data *data, struct synth_random *random, int32_t day)
{
	struct period period = { .data = data, .random = random, .child = child, .from = day };
	plan_end(&period);
	plan_legal(&period);
	plan_places(&period);
	make_episodes(child, &period);
}
