/* eligibility.c: one walk over the periods, oldest first, counting each day in care once; then what else happened.
 *
 * Up to 17 the day itself is judged; from 18 on the day before the 18th birthday is, and what it has come to since.
 */
#include "eligibility.h"

#include <hearth/clock.h>

#define FOR_EVER INT32_MAX

struct walk {
	struct eligibility *is;
	const struct eligibility_history *history;
	const struct eligibility_thresholds *law;
	int32_t on;                  /* the day judged: at most the day before 18 */
	int32_t counted_to;          /* days before it have been counted */
	int32_t block_start;         /* of the unbroken time in care that the walk is in */
	int32_t block_end;
	bool began;
};

static int32_t later(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int32_t sooner(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t end_of(int32_t end)
{
	return end == ELIGIBILITY_NO_DAY ? FOR_EVER : end;
}

int32_t eligibility_add_months(int32_t day, int months)
{
	int year, month, of_month;
	hearth_date_split(day, &year, &month, &of_month);
	int count = year * 12 + month - 1 + months;
	int32_t first = hearth_date_join(count / 12, count % 12 + 1, 1);
	int32_t next = hearth_date_join((count + 1) / 12, (count + 1) % 12 + 1, 1);
	return sooner(first + of_month - 1, next - 1);
}

static void give_reason(struct eligibility *is, enum eligibility_code code, int32_t on, int32_t days, bool birthday)
{
	if (is->reason_count < ELIGIBILITY_REASONS)
		is->reasons[is->reason_count++] = (struct eligibility_reason){ code, on, days, birthday };
}

static void set_status(struct eligibility *is, enum eligibility_status status, int32_t began)
{
	is->status = status;
	is->began = began;
}

/* ---- times in care ---- */

/* Days of a period that count: since 14, not counted yet, up to the day asked about, before 18. */
static void count_days(struct walk *walk, int32_t start, int32_t end)
{
	struct eligibility *is = walk->is;
	int32_t from = later(start, walk->counted_to);
	int32_t to = sooner(sooner(end, is->turns_adult), walk->on + 1);
	if (from >= to)
		return;
	int32_t wanted = walk->law->days_in_care;
	if (is->days < wanted && is->days + (to - from) >= wanted)
		is->reached = from + (wanted - is->days) - 1;
	is->days += to - from;
	is->days_at_part += later(0, to - later(from, is->turns_part));
	walk->counted_to = to;
}

/* The first day on which all of it holds lies inside a period: looked after, 16, and 13 weeks reached. */
static void find_eligible(struct walk *walk, int32_t start, int32_t end)
{
	struct eligibility *is = walk->is;
	if (is->eligible_on != ELIGIBILITY_NO_DAY || is->reached == ELIGIBILITY_NO_DAY)
		return;
	int32_t day = later(later(start, is->turns_part), is->reached);
	if (day < sooner(sooner(end, is->turns_adult), walk->on + 1))
		is->eligible_on = day;
}

static void take_period(struct walk *walk, int32_t start, int32_t end)
{
	if (start > walk->on || start == end)
		return;
	if (!walk->began || start > walk->block_end) {
		walk->block_start = start;
		walk->block_end = end;
		walk->began = true;
	}
	walk->block_end = later(walk->block_end, end);
	count_days(walk, start, end);
	find_eligible(walk, start, end);
}

static int walk_periods(struct walk *walk)
{
	const struct eligibility_period *periods = walk->history->periods;
	for (size_t i = 0; i < walk->history->period_count; i++) {
		int32_t end = end_of(periods[i].end);
		if (end < periods[i].start || (i > 0 && periods[i].start < periods[i - 1].start))
			return -1;
		take_period(walk, periods[i].start, end);
	}
	return 0;
}

/* Days in care since 14 before a day; and whether care reached up to it: looked after immediately before. */
static int32_t days_before(const struct walk *walk, int32_t day, bool *ret_until_then)
{
	struct eligibility counted = *walk->is;
	counted.days = counted.days_at_part = 0;
	struct walk before = { .is = &counted, .history = walk->history, .law = walk->law, .on = day - 1,
		                   .counted_to = counted.turns_counted };
	walk_periods(&before);
	*ret_until_then = before.began && before.block_end >= day;
	return counted.days;
}

/* ---- what else happened ---- */

static bool covers(const struct eligibility_fact *fact, int32_t day)
{
	return (fact->start == ELIGIBILITY_NO_DAY || fact->start <= day) && end_of(fact->end) > day;
}

static const struct eligibility_fact *fact_on(const struct eligibility_history *history,
                                              enum eligibility_fact_kind kind, int32_t day)
{
	for (size_t i = 0; i < history->fact_count; i++)
		if (history->facts[i].kind == kind && covers(&history->facts[i], day))
			return &history->facts[i];
	return NULL;
}

/* CLR reg 3: detained or in hospital at 16, looked after for 13 weeks immediately before. A start that is not known
 * matters only where the 13 weeks may have been; nor does it matter why care ended after fewer. */
static enum eligibility_code confined_at_part(const struct walk *walk, int32_t *ret_since)
{
	const struct eligibility *is = walk->is;
	enum eligibility_code found = ELIGIBILITY_WHY_NOTHING;
	for (size_t i = 0; i < walk->history->fact_count; i++) {
		const struct eligibility_fact *fact = &walk->history->facts[i];
		bool detained = fact->kind == ELIGIBILITY_DETAINED, until_then = false;
		bool unknown = fact->kind == ELIGIBILITY_END_UNKNOWN;
		if ((!detained && !unknown && fact->kind != ELIGIBILITY_HOSPITAL) || !covers(fact, is->turns_part))
			continue;
		if (fact->start == ELIGIBILITY_NO_DAY) {
			if (is->days >= walk->law->days_in_care && found == ELIGIBILITY_WHY_NOTHING)
				found = ELIGIBILITY_WHY_CONFINED_UNKNOWN;
		} else if (days_before(walk, fact->start, &until_then) >= walk->law->days_in_care && until_then) {
			if (unknown) {
				found = ELIGIBILITY_WHY_END_UNKNOWN;
				continue;
			}
			*ret_since = fact->start;
			return detained ? ELIGIBILITY_WHY_DETAINED : ELIGIBILITY_WHY_HOSPITAL;
		}
	}
	return found;
}

/* A return home, from the day the child left care; or what may have been one. */
struct home {
	enum eligibility_code code;  /* HELD: lost; ENDED: it broke down after it was lost; UNKNOWN: it may be lost */
	int32_t day;                 /* since when; NO_DAY: not known */
};

static struct home judge_home(const struct eligibility_fact *fact, int32_t left, int32_t on, int months)
{
	int32_t end = end_of(fact->end);
	bool known = fact->start != ELIGIBILITY_NO_DAY;
	int32_t from = later(fact->start, left), lost = eligibility_add_months(from, months);
	if (from > on || end <= from || lost > sooner(end, on))
		return (struct home){ ELIGIBILITY_WHY_NOTHING, ELIGIBILITY_NO_DAY };
	if (fact->kind == ELIGIBILITY_END_UNKNOWN)
		return (struct home){ end <= on ? ELIGIBILITY_WHY_NOTHING : ELIGIBILITY_WHY_END_UNKNOWN, ELIGIBILITY_NO_DAY };
	if (end <= on)
		return (struct home){ ELIGIBILITY_WHY_HOME_ENDED, known ? end : ELIGIBILITY_NO_DAY };
	return (struct home){ known ? ELIGIBILITY_WHY_HOME_HELD : ELIGIBILITY_WHY_HOME_UNKNOWN,
		                  known ? lost : ELIGIBILITY_NO_DAY };
}

static bool is_open(enum eligibility_code code)
{
	return code == ELIGIBILITY_WHY_HOME_UNKNOWN || code == ELIGIBILITY_WHY_END_UNKNOWN;
}

/* One that holds outweighs one that is not known; of those that ended the last. */
static struct home find_home(const struct walk *walk, int32_t left)
{
	struct home found = { ELIGIBILITY_WHY_NOTHING, ELIGIBILITY_NO_DAY };
	for (size_t i = 0; i < walk->history->fact_count; i++) {
		enum eligibility_fact_kind kind = walk->history->facts[i].kind;
		if (kind != ELIGIBILITY_HOME && kind != ELIGIBILITY_END_UNKNOWN)
			continue;
		struct home home = judge_home(&walk->history->facts[i], left, walk->on, walk->law->return_home_months);
		if (home.code == ELIGIBILITY_WHY_HOME_HELD && found.code == home.code)
			found.day = sooner(found.day, home.day);
		else if (home.code == ELIGIBILITY_WHY_HOME_HELD
		         || (is_open(home.code) && found.code != ELIGIBILITY_WHY_HOME_HELD)
		         || (home.code == ELIGIBILITY_WHY_HOME_ENDED && found.code == ELIGIBILITY_WHY_NOTHING))
			found = home;
		else if (home.code == ELIGIBILITY_WHY_HOME_ENDED && found.code == home.code)
			found.day = later(found.day, home.day);
	}
	return found;
}

/* Section 24: a special guardianship order made for a child who was looked after immediately before. From 18 on one
 * that was in force at 18. */
static enum eligibility_code guarded(const struct walk *walk, int32_t *ret_since)
{
	enum eligibility_code found = ELIGIBILITY_WHY_NOTHING;
	for (size_t i = 0; i < walk->history->fact_count; i++) {
		const struct eligibility_fact *fact = &walk->history->facts[i];
		bool until_then = false;
		bool unknown = fact->kind == ELIGIBILITY_END_UNKNOWN;
		if ((!unknown && fact->kind != ELIGIBILITY_GUARDIANSHIP) || !covers(fact, walk->on))
			continue;
		if (fact->start == ELIGIBILITY_NO_DAY) {
			found = ELIGIBILITY_WHY_GUARDIANSHIP_UNKNOWN;
			continue;
		}
		days_before(walk, fact->start, &until_then);
		if (!until_then)
			continue;
		if (unknown) {
			found = ELIGIBILITY_WHY_END_UNKNOWN;
			continue;
		}
		*ret_since = later(fact->start, walk->is->turns_part);
		return ELIGIBILITY_WHY_GUARDIANSHIP;
	}
	return found;
}

/* ---- the status ---- */

static void judge_weeks(struct eligibility *is)
{
	if (is->reached != ELIGIBILITY_NO_DAY)
		give_reason(is, ELIGIBILITY_WHY_WEEKS_REACHED, is->reached, is->days, false);
	else
		give_reason(is, ELIGIBILITY_WHY_WEEKS_MISSING, ELIGIBILITY_NO_DAY, is->days, false);
}

static void judge_looked_after(const struct walk *walk, struct eligibility *is)
{
	give_reason(is, ELIGIBILITY_WHY_LOOKED_AFTER, walk->block_start, -1, false);
	judge_weeks(is);
	if (is->eligible_on != ELIGIBILITY_NO_DAY)
		set_status(is, ELIGIBILITY_ELIGIBLE, later(is->eligible_on, walk->block_start));
}

/* Relevant since `since`, unless a return home says otherwise. */
static void judge_relevant(const struct walk *walk, struct eligibility *is, int32_t since)
{
	struct home home = find_home(walk, since);
	set_status(is, ELIGIBILITY_RELEVANT, since);
	if (home.code == ELIGIBILITY_WHY_NOTHING)
		return;
	give_reason(is, home.code, home.day, -1, false);
	if (home.code == ELIGIBILITY_WHY_HOME_HELD)
		set_status(is, ELIGIBILITY_QUALIFYING, home.day);
	else if (home.code == ELIGIBILITY_WHY_HOME_ENDED)
		set_status(is, ELIGIBILITY_RELEVANT, home.day);
	else
		set_status(is, ELIGIBILITY_UNKNOWN, ELIGIBILITY_NO_DAY);
}

/* Never eligible, not looked after: what confinement, care at 16 and special guardianship make of it. */
static void judge_others(const struct walk *walk, struct eligibility *is)
{
	int32_t since = ELIGIBILITY_NO_DAY;
	enum eligibility_code code = confined_at_part(walk, &since);
	if (code == ELIGIBILITY_WHY_DETAINED || code == ELIGIBILITY_WHY_HOSPITAL) {
		give_reason(is, code, since, -1, false);
		judge_relevant(walk, is, later(is->turns_part, walk->began ? walk->block_end : ELIGIBILITY_NO_DAY));
		return;
	}
	judge_weeks(is);
	if (code == ELIGIBILITY_WHY_CONFINED_UNKNOWN || code == ELIGIBILITY_WHY_END_UNKNOWN) {
		give_reason(is, code, ELIGIBILITY_NO_DAY, -1, false);
		set_status(is, ELIGIBILITY_UNKNOWN, ELIGIBILITY_NO_DAY);
		return;
	}
	if (is->days_at_part > 0) {
		give_reason(is, ELIGIBILITY_WHY_LEFT_CARE, walk->block_end, -1, false);
		set_status(is, ELIGIBILITY_QUALIFYING, walk->block_end);
		return;
	}
	code = guarded(walk, &since);
	give_reason(is, code == ELIGIBILITY_WHY_NOTHING ? ELIGIBILITY_WHY_NO_CARE : code, since, -1, false);
	if (code == ELIGIBILITY_WHY_GUARDIANSHIP)
		set_status(is, ELIGIBILITY_QUALIFYING, since);
	else if (code == ELIGIBILITY_WHY_GUARDIANSHIP_UNKNOWN || code == ELIGIBILITY_WHY_END_UNKNOWN)
		set_status(is, ELIGIBILITY_UNKNOWN, ELIGIBILITY_NO_DAY);
}

static void judge_under_18(const struct walk *walk, struct eligibility *is)
{
	if (walk->began && walk->block_end > walk->on) {
		judge_looked_after(walk, is);
	} else if (is->eligible_on != ELIGIBILITY_NO_DAY) {
		judge_weeks(is);
		give_reason(is, ELIGIBILITY_WHY_LEFT_CARE, walk->block_end, -1, false);
		judge_relevant(walk, is, walk->block_end);
	} else {
		judge_others(walk, is);
	}
}

/* What the day before the 18th birthday has come to. */
static void judge_adult(const struct walk *walk, struct eligibility *is)
{
	judge_under_18(walk, is);
	give_reason(is, ELIGIBILITY_WHY_ADULT, is->turns_adult, -1, true);
	if (is->status == ELIGIBILITY_ELIGIBLE || is->status == ELIGIBILITY_RELEVANT)
		set_status(is, ELIGIBILITY_FORMER_RELEVANT, is->turns_adult);
	else if (is->status == ELIGIBILITY_NONE && is->days_at_part > 0)
		set_status(is, ELIGIBILITY_QUALIFYING, is->turns_adult);
}

static void judge_support(const struct walk *walk, struct eligibility *is, int32_t on)
{
	if (is->status == ELIGIBILITY_NONE || is->status == ELIGIBILITY_UNKNOWN)
		return;
	int32_t asked_from = hearth_date_birthday(walk->history->born, walk->law->support_age);
	is->support = ELIGIBILITY_SUPPORT;
	is->on_request = on >= asked_from;
	if (!is->on_request)
		return;
	enum eligibility_code code = ELIGIBILITY_WHY_IF_ASKED;
	is->support = ELIGIBILITY_IF_ASKED;
	if (fact_on(walk->history, ELIGIBILITY_EDUCATION, on) != NULL) {
		is->support = ELIGIBILITY_IN_EDUCATION;
		code = ELIGIBILITY_WHY_EDUCATION;
	} else if (is->status == ELIGIBILITY_FORMER_RELEVANT && fact_on(walk->history, ELIGIBILITY_REQUEST, on) != NULL) {
		is->support = ELIGIBILITY_ASKED;
		code = ELIGIBILITY_WHY_ASKED;
	}
	give_reason(is, code, asked_from, -1, true);
}

static void judge(const struct walk *walk, struct eligibility *is, int32_t on)
{
	int32_t too_old = hearth_date_birthday(walk->history->born, walk->law->request_age);
	is->looked_after = walk->began && walk->block_end > on && on < is->turns_adult;
	if (fact_on(walk->history, ELIGIBILITY_DISPUTED, on) != NULL) {
		set_status(is, ELIGIBILITY_UNKNOWN, ELIGIBILITY_NO_DAY);
		give_reason(is, ELIGIBILITY_WHY_AGE_DISPUTED, ELIGIBILITY_NO_DAY, -1, false);
	} else if (on < is->turns_part) {
		give_reason(is, ELIGIBILITY_WHY_TOO_YOUNG, is->turns_part, -1, true);
	} else if (on >= too_old) {
		give_reason(is, ELIGIBILITY_WHY_TOO_OLD, too_old, -1, true);
	} else {
		if (on < is->turns_adult)
			judge_under_18(walk, is);
		else
			judge_adult(walk, is);
		judge_support(walk, is, on);
	}
}

int eligibility_on(const struct eligibility_history *history, int32_t on,
                   const struct eligibility_thresholds *thresholds, struct eligibility *ret_eligibility)
{
	struct eligibility is = {
		.status = ELIGIBILITY_UNKNOWN,
		.began = ELIGIBILITY_NO_DAY,
		.turns_counted = ELIGIBILITY_NO_DAY,
		.turns_part = ELIGIBILITY_NO_DAY,
		.turns_adult = ELIGIBILITY_NO_DAY,
		.reached = ELIGIBILITY_NO_DAY,
		.eligible_on = ELIGIBILITY_NO_DAY,
	};
	struct walk walk = { .is = &is, .history = history, .law = thresholds };
	if (history->born == ELIGIBILITY_NO_DAY) {
		give_reason(&is, ELIGIBILITY_WHY_BORN_UNKNOWN, ELIGIBILITY_NO_DAY, -1, false);
		*ret_eligibility = is;
		return 0;
	}
	is.status = ELIGIBILITY_NONE;
	is.turns_counted = hearth_date_birthday(history->born, thresholds->counted_from_age);
	is.turns_part = hearth_date_birthday(history->born, thresholds->part_at_age);
	is.turns_adult = hearth_date_birthday(history->born, thresholds->adult_age);
	walk.counted_to = is.turns_counted;
	walk.on = sooner(on, is.turns_adult - 1);
	if (walk_periods(&walk) != 0)
		return -1;
	judge(&walk, &is, on);
	*ret_eligibility = is;
	return 0;
}

/* ---- the next change ---- */

static void propose(int32_t *next, int32_t after, int32_t day)
{
	if (day != ELIGIBILITY_NO_DAY && day > after && day < *next)
		*next = day;
}

static void propose_fact(int32_t *next, int32_t after, const struct eligibility_history *history,
                         const struct eligibility_fact *fact, const struct eligibility *is, int months)
{
	propose(next, after, fact->start);
	propose(next, after, fact->end);
	if (fact->kind != ELIGIBILITY_HOME && fact->kind != ELIGIBILITY_END_UNKNOWN)
		return;
	if (fact->start != ELIGIBILITY_NO_DAY)
		propose(next, after, eligibility_add_months(fact->start, months));
	propose(next, after, eligibility_add_months(later(fact->start, is->turns_part), months));
	for (size_t i = 0; i < history->period_count; i++)
		if (history->periods[i].end != ELIGIBILITY_NO_DAY)
			propose(next, after, eligibility_add_months(later(fact->start, history->periods[i].end), months));
}

/* The first day after `after` on which anything can turn; FOR_EVER: none. `is`: at the end of childhood. */
static int32_t next_turn(const struct eligibility_history *history, int32_t after,
                         const struct eligibility_thresholds *law, const struct eligibility *is)
{
	int32_t next = FOR_EVER;
	propose(&next, after, is->turns_part);
	propose(&next, after, is->turns_adult);
	propose(&next, after, hearth_date_birthday(history->born, law->support_age));
	propose(&next, after, hearth_date_birthday(history->born, law->request_age));
	propose(&next, after, is->reached);
	propose(&next, after, is->eligible_on);
	for (size_t i = 0; i < history->period_count; i++) {
		propose(&next, after, history->periods[i].start);
		propose(&next, after, history->periods[i].end);
	}
	for (size_t i = 0; i < history->fact_count; i++)
		propose_fact(&next, after, history, &history->facts[i], is, law->return_home_months);
	return next;
}

int eligibility_next(const struct eligibility_history *history, int32_t on,
                     const struct eligibility_thresholds *thresholds, int32_t *ret_day, struct eligibility *ret_next)
{
	struct eligibility now, then, last;
	if (eligibility_on(history, on, thresholds, &now) != 0)
		return -1;
	*ret_day = ELIGIBILITY_NO_DAY;
	if (history->born == ELIGIBILITY_NO_DAY || eligibility_on(history, now.turns_adult - 1, thresholds, &last) != 0)
		return 0;
	for (int32_t day = next_turn(history, on, thresholds, &last); day != FOR_EVER;
	     day = next_turn(history, day, thresholds, &last)) {
		if (eligibility_on(history, day, thresholds, &then) != 0)
			return -1;
		if (then.status == now.status && then.support == now.support)
			continue;
		*ret_day = day;
		if (ret_next != NULL)
			*ret_next = then;
		return 0;
	}
	return 0;
}
