/* matching_day.c: see matching_day.h. Pure: values in, values out. */
#include "matching_day.h"

#include "matching_codes.h"
#include "places_levels.h"

#define EXCEPTED_SETTINGS (1U << MATCH_IS_CARE_HOME | 1U << MATCH_IS_HOSPITAL | 1U << MATCH_IS_RESIDENTIAL_FAMILY_CENTRE | \
	1U << MATCH_IS_SCHOOL_OR_COLLEGE | 1U << MATCH_IS_HOLIDAY_SCHEME)

static int16_t least(int16_t a, int16_t b)
{
	return a < b ? a : b;
}

static int16_t bounded(int64_t number)
{
	return (int16_t)(number < 0 ? 0 : number > PLACES_MOST ? PLACES_MOST : number);
}

uint8_t match_setting(const struct match_home *home)
{
	unsigned kind = home->kind < MATCH_KINDS ? home->kind : MATCH_OTHER_ARRANGEMENT;
	unsigned registration = home->registration < MATCH_REGISTRATIONS ? home->registration : MATCH_REGISTRATION_UNKNOWN;
	unsigned excepted = (home->capabilities & EXCEPTED_SETTINGS) != 0;
	return (uint8_t)(((kind * MATCH_REGISTRATIONS + registration) * 2 + home->has_urn) * 2 + excepted);
}

uint8_t match_sex_bit(char sex)
{
	return sex == 'M' ? 1 : sex == 'F' ? 2 : 0;
}

int8_t match_age(int age)
{
	return (int8_t)(age < 0 ? MATCH_NO_LEAST : age >= MATCH_NO_MOST_AGE ? MATCH_NO_MOST_AGE - 1 : age);
}

static int8_t younger(int8_t a, int8_t b)
{
	return a < b ? a : b;
}

static int8_t older(int8_t a, int8_t b)
{
	return a > b ? a : b;
}

static uint8_t sexes_out(char taken)
{
	return taken == 'M' ? 2 : taken == 'F' ? 1 : 0;
}

/* Does a fact hold on the day? What is reckoned holds as long as that answer stays the same. */
static bool holds(struct match_day *to, int32_t day, int32_t from, int32_t until)
{
	if (day < from) {
		if (from < to->until)
			to->until = from;
		return false;
	}
	if (day >= until) {
		if (until > to->from)
			to->from = until;
		return false;
	}
	if (from > to->from)
		to->from = from;
	if (until < to->until)
		to->until = until;
	return true;
}

int match_age_on(int age, int32_t age_on, int32_t day)
{
	if (age < 0)
		return MATCH_UNKNOWN;
	int64_t years = ((int64_t)day - age_on) * 10000 / 3652425;
	return (int)(years < -age ? 0 : years > 150 ? 150 : age + years);
}

/* The age that is reckoned stays as it is from one turn of the year to the next. */
static void age_holds(struct match_day *to, int32_t age_on, int32_t day)
{
	if (day < age_on) {
		holds(to, day, day, day + 1);
		return;
	}
	int64_t years = ((int64_t)day - age_on) * 10000 / 3652425;
	holds(to, day, (int32_t)(age_on + (years * 3652425 + 9999) / 10000),
	      (int32_t)(age_on + ((years + 1) * 3652425 + 9999) / 10000));
}

static void reckon_bars(const struct match_home *home, int32_t day, struct match_day *to)
{
	static const uint8_t rules[MATCH_BARS] = {
		[MATCH_BAR_REGISTRATION_LAPSED] = MATCH_REGISTRATION_LAPSED, [MATCH_BAR_SUSPENSION] = MATCH_SUSPENDED_BAR,
		[MATCH_BAR_RESTRICTION] = MATCH_RESTRICTED, [MATCH_BAR_EMBARGO] = MATCH_EMBARGOED,
		[MATCH_BAR_DOCUMENT_EXPIRED] = MATCH_DOCUMENT_EXPIRED,
		[MATCH_BAR_NAMED_CHILDREN_ONLY] = MATCH_NAMED_CHILDREN_ONLY,
	};
	for (unsigned i = 0; i < home->bar_count; i++) {
		const struct match_bar *bar = &home->bars[i];
		if (!holds(to, day, bar->from, bar->until))
			continue;
		if (bar->kind == MATCH_BAR_NAMED_CHILDREN_ONLY)
			to->flags |= MATCH_DAY_NAMED_ONLY;
		else if (bar->authority) {
			to->barred_by = to->flags & MATCH_DAY_OWN_BARS && to->barred_by != bar->authority ? MATCH_SEVERAL : bar->authority;
			to->flags |= MATCH_DAY_OWN_BARS;
		} else      /* a kind that is not known here bars as well */
			to->out |= MATCH_BIT(bar->kind < MATCH_BARS ? rules[bar->kind] : MATCH_EMBARGOED);
	}
}

static void reckon_limits(const struct match_home *home, int32_t day, struct match_day *to)
{
	for (unsigned i = 0; i < home->limit_count; i++) {
		const struct match_limit *limit = &home->limits[i];
		if (!holds(to, day, limit->from, limit->until))
			continue;
		switch (limit->code) {
		case MATCH_LEAST_AGE: to->condition_least_age = older(to->condition_least_age, match_age(limit->value)); break;
		case MATCH_MOST_AGE: to->condition_most_age = younger(to->condition_most_age, match_age(limit->value)); break;
		case MATCH_SEX: to->condition_sexes_out |= sexes_out(limit->sex); break;
		case MATCH_MOST_CHILDREN: to->condition_children = least(to->condition_children, limit->value); break;
		default: break;
		}
	}
}

static void reckon_residents(const struct match_home *home, int32_t day, struct match_day *to)
{
	for (unsigned i = 0; i < home->resident_count; i++) {
		const struct match_resident *resident = &home->residents[i];
		int8_t age = match_age(match_age_on(resident->age, resident->age_on, day));
		if (resident->companions == MATCH_SOLO)
			to->flags |= MATCH_DAY_RESIDENT_SOLO;
		if (age < 0)
			continue;
		age_holds(to, resident->age_on, day);
		to->youngest = younger(to->youngest, age);
		to->oldest = older(to->oldest, age);
		if (resident->companions == MATCH_ONLY_OLDER)
			to->must_be_above = older(to->must_be_above, age);
		else if (resident->companions == MATCH_ONLY_YOUNGER)
			to->must_be_below = younger(to->must_be_below, age);
	}
}

static void reckon_named(const struct match_home *home, int32_t day, struct match_day *to)
{
	for (unsigned i = 0; i < home->named_count; i++)
		if (holds(to, day, home->named[i].from, home->named[i].until))
			to->flags |= MATCH_DAY_NAMED;
}

static int64_t blocked_on(const struct match_home *home, int32_t day, struct match_day *to)
{
	int64_t blocked = 0;
	for (unsigned i = 0; i < home->block_count; i++)
		if (holds(to, day, home->blocks[i].from, home->blocks[i].until))
			blocked += home->blocks[i].places;
	return blocked;
}

static void reckon_places(const struct match_home *home, int32_t day, struct match_day *to)
{
	int64_t in_use = (int64_t)home->resident_count + (home->other_children > 0 ? home->other_children : 0);
	int64_t blocked = blocked_on(home, day, to);
	int16_t places = bounded(home->places);
	if (home->registered_places != MATCH_UNKNOWN)
		places = least(places, bounded(home->registered_places));
	int16_t allowed = least(places, least(to->most_children, to->condition_children));
	to->living = bounded(in_use);
	to->free = bounded(places - in_use - blocked);
	to->offerable = bounded(allowed - in_use - blocked);
}

static int16_t or_most(int16_t number)
{
	return number == MATCH_UNKNOWN ? MATCH_NO_MOST : number;
}

void match_day_reckon(const struct match_home *home, int32_t day, struct match_day *ret_day)
{
	struct match_day to = {
		.from = MATCH_EVER, .until = MATCH_OPEN_END,
		.easting = home->grid.known ? home->grid.easting : MATCH_NO_GRID, .northing = home->grid.northing,
		.capabilities = home->capabilities, .excluded_risks = home->excluded_risks,
		.approved_kinds = home->approved_kinds, .area = home->area, .setting = match_setting(home),
		.least_age = match_age(home->least_age),
		.most_age = home->most_age == MATCH_UNKNOWN ? MATCH_NO_MOST_AGE : match_age(home->most_age),
		.sexes_out = sexes_out(home->sex),
		.condition_least_age = MATCH_NO_LEAST, .condition_most_age = MATCH_NO_MOST_AGE,
		.most_children = or_most(home->most_children), .condition_children = MATCH_NO_MOST,
		.youngest = MATCH_NO_MOST_AGE, .oldest = MATCH_NO_LEAST, .must_be_above = MATCH_NO_LEAST,
		.must_be_below = MATCH_NO_MOST_AGE,
	};
	to.flags = (uint8_t)((home->siblings_only ? MATCH_DAY_SIBLINGS_ONLY : 0) | (home->solo ? MATCH_DAY_SOLO : 0) |
	                     (home->manager_vacant ? MATCH_DAY_NO_MANAGER : 0) |
	                     (home->kind == MATCH_FOSTERING ? MATCH_DAY_FOSTERING : 0));
	if (!home->open)
		to.out |= MATCH_BIT(MATCH_CLOSED);
	if (!holds(&to, day, home->planned_open, MATCH_OPEN_END))
		to.out |= MATCH_BIT(MATCH_NOT_YET_OPEN);
	if (!holds(&to, day, MATCH_EVER, home->registered_until))
		to.out |= MATCH_BIT(MATCH_REGISTRATION_LAPSED);
	if (!holds(&to, day, home->registered_from, MATCH_OPEN_END))
		to.out |= MATCH_BIT(MATCH_NOT_REGISTERED_RULE);
	reckon_bars(home, day, &to);
	reckon_limits(home, day, &to);
	reckon_residents(home, day, &to);
	reckon_named(home, day, &to);
	reckon_places(home, day, &to);
	*ret_day = to;
}

void match_day_levels(const struct match_home *home, int32_t day, bool shut, bool registered, bool kept_back,
                      struct match_levels *ret_levels)
{
	struct places_sum sum = { .registered = home->registered_places, .offered = bounded(home->places), .shut = shut,
		.others = home->other_children, .kept_back = kept_back, .solo = home->solo };
	struct places_levels levels;
	struct match_day today;
	match_day_reckon(home, day, &today);
	int16_t allowed = least(today.most_children, today.condition_children);
	if (allowed != MATCH_NO_MOST && (sum.registered == PLACES_UNKNOWN || allowed < sum.registered))
		sum.registered = allowed;
	if (!registered)
		sum.registered = 0;
	for (unsigned i = 0; i < home->resident_count; i++)
		*(home->residents[i].held ? &sum.held : &sum.living) += 1;
	sum.blocked = bounded(blocked_on(home, day, &today));
	places_reckon(&sum, &levels);
	*ret_levels = (struct match_levels){ .registered = levels.registered == PLACES_UNKNOWN ? MATCH_UNKNOWN
		: bounded(levels.registered), .open = bounded(levels.open), .offerable = bounded(levels.offerable) };
}
