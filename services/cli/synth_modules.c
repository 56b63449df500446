/* synth_modules.c: rows of the tables of the return that Hearth does not read yet: reviews, missing, health (oc2), care
 * leavers (oc3) and previous permanence. Each child has its own stream of random numbers here, one for each year. */
#include "synth.h"

#include <string.h>

#include <hearth/clock.h>

struct module {
	struct synth *synth;
	const struct synth_child *child;
	struct synth_year *year;
	struct synth_random random;
	char born[SYNTH_DATE_SIZE];
};

static uint32_t value(const struct module *module, const char *name)
{
	return synth_value(module->synth->data, SYNTH_MODULES, name);
}

static FILE *row(struct module *module, enum synth_table table)
{
	module->synth->rows[table]++;
	return module->year->files[table];
}

/* ---- periods of care ------------------------------------------------------------------------------------------------ */

/* The period that begins with episode *at; its end in *ret_to; *at becomes the next period's first. */
static int32_t next_period(const struct synth_child *child, size_t *at, int32_t *ret_to)
{
	int32_t from = child->episodes[*at].decom;
	while (*at + 1 < child->count && child->episodes[*at + 1].rne[0] != 'S')
		++*at;
	*ret_to = child->episodes[*at].dec;
	++*at;
	return from;
}

static const char *review_code(struct module *module, int32_t day)
{
	if (synth_age(module->child->born, day) < 4)
		return "PN0";
	return synth_key(SYNTH_REVIEW, synth_pick(&module->random, module->synth->data, SYNTH_REVIEW));
}

/* Within 20 working days, three months after that, then every six (Care Planning Regulations 2010, regulation 33). */
static void print_reviews(struct module *module)
{
	for (size_t at = 0; at < module->child->count;) {
		int32_t to, from = next_period(module->child, &at, &to);
		int32_t gap = 27;
		for (int32_t day = from + gap; day < to && day <= module->year->to; day += gap) {
			gap = gap == 27 ? 90 : 182;
			char text[SYNTH_DATE_SIZE];
			if (day < module->year->from)
				continue;
			fprintf(row(module, SYNTH_REVIEWS), "%u,%s,%s,%s\n", (unsigned)module->child->number, module->born,
			        synth_date(day, text), review_code(module, day));
		}
	}
}

/* One time of being away in a year, of some of those who are ten or older. */
static void print_missing(struct module *module)
{
	char start[SYNTH_DATE_SIZE], end[SYNTH_DATE_SIZE];
	for (size_t i = 0; i < module->child->count; i++) {
		const struct synth_episode *episode = &module->child->episodes[i];
		int32_t from = episode->decom > module->year->from ? episode->decom : module->year->from;
		int32_t to = episode->dec < module->year->to ? episode->dec : module->year->to;
		if (to - from < 40 || synth_age(module->child->born, from) < 10
		    || !synth_permille(&module->random, value(module, "missing_year")))
			continue;
		int32_t day = from + 1 + (int32_t)synth_below(&module->random, 20);
		fprintf(row(module, SYNTH_MISSING), "%u,%s,%s,%s,%s\n", (unsigned)module->child->number, module->born,
		        synth_permille(&module->random, 700) ? "M" : "A", synth_date(day, start),
		        synth_date(day + 1 + (int32_t)synth_below(&module->random, 6), end));
		return;
	}
}

/* ---- health --------------------------------------------------------------------------------------------------------- */

static bool all_year(const struct module *module)
{
	for (size_t at = 0; at < module->child->count;) {
		int32_t to, from = next_period(module->child, &at, &to);
		if (from <= module->year->from && to > module->year->to)
			return true;
	}
	return false;
}

static int flag(struct module *module, const char *name)
{
	return synth_permille(&module->random, value(module, name));
}

/* The strengths and difficulties score is of those aged 4 to 16, convictions of those aged 10 and over. */
static void print_health(struct module *module)
{
	if (!all_year(module))
		return;
	FILE *file = row(module, SYNTH_OC2);
	int age = synth_age(module->child->born, module->year->to);
	fprintf(file, "%u,%s,", (unsigned)module->child->number, module->born);
	if (age >= 4 && age <= 16 && !flag(module, "sdq_missing"))
		fprintf(file, "%u,,", (unsigned)(synth_below(&module->random, 21) + synth_below(&module->random, 11)));
	else
		fprintf(file, ",%s,", age < 4 || age > 16 ? "SDQ1" : "SDQ4");
	fprintf(file, "%s,", age < 10 ? "" : flag(module, "convicted") ? "1" : "0");
	fprintf(file, "%s,", age >= 5 ? "" : flag(module, "checks_done") ? "1" : "0");
	fprintf(file, "%d,%d,", flag(module, "checks_done"), flag(module, "checks_done"));
	fprintf(file, "%d,", flag(module, "checks_done"));
	int misuse = age >= 10 ? flag(module, "substance") : 0;
	int received = misuse && synth_permille(&module->random, 500);
	fprintf(file, "%d,%s,%s\n", misuse, !misuse ? "" : received ? "1" : "0", !misuse || received ? "" : "1");
}

/* ---- care leavers --------------------------------------------------------------------------------------------------- */

static const char *pick(struct module *module, const char *const *codes, uint32_t count)
{
	return codes[synth_below(&module->random, count)];
}

/* Suitable is 1, unsuitable 2; nobody of 17 is with former foster carers (Z) or, under 18, in a foyer (T). */
static void print_leaver(struct module *module)
{
	static const char *const activities[] = { "F1", "F2", "F2", "F4", "F5", "F5", "P2", "P5", "G4", "G5", "G5", "G6" };
	static const char *const young[] = { "B1", "D1", "D1", "E1", "U1", "Y1", "Y2", "V2" };
	static const char *const grown[] = { "B1", "D1", "E1", "K1", "T1", "U1", "U1", "U1", "W2", "X2", "Y1", "Z1" };
	if (!synth_care_leaver(module->child, module->year))
		return;
	const char *touch = "YES", *activity = "0", *home = "0";
	if (flag(module, "in_touch")) {
		activity = pick(module, activities, 12);
		home = synth_age(module->child->born, module->year->to) < 18 ? pick(module, young, 8) : pick(module, grown, 12);
	} else {
		static const char *const silent[] = { "NO", "REFU", "NREQ" };
		touch = pick(module, silent, 3);
	}
	fprintf(row(module, SYNTH_OC3), "%u,%s,%s,%s,%s\n", (unsigned)module->child->number, module->born, touch, activity, home);
}

/* Of those who began to be looked after in the year. */
static void print_previous(struct module *module)
{
	for (size_t i = 0; i < module->child->count; i++) {
		const struct synth_episode *episode = &module->child->episodes[i];
		if (episode->rne[0] != 'S' || episode->decom < module->year->from || episode->decom > module->year->to)
			continue;
		char day[SYNTH_DATE_SIZE];
		int32_t lived = episode->decom - module->child->born;
		bool before = lived > 1500 && flag(module, "previous_permanence");
		fprintf(row(module, SYNTH_PREVIOUS), "%u,%s,%s,,%s\n", (unsigned)module->child->number, module->born,
		        !before ? "Z1" : synth_permille(&module->random, 300) ? "P1" : "P2",
		        synth_date(before ? module->child->born + lived / 2 : SYNTH_NO_DAY, day));
		return;
	}
}

void synth_modules_print(struct synth *synth, const struct synth_child *child, struct synth_year *year)
{
	struct module module = { .synth = synth, .child = child, .year = year };
	synth_random_init(&module.random, synth->seed ^ child->own, (uint64_t)year->year << 32);
	synth_date(child->born, module.born);
	print_reviews(&module);
	print_missing(&module);
	print_health(&module);
	print_leaver(&module);
	print_previous(&module);
}
