/* matching_together.c: see matching_together.h. Pure: values in, values out. */
#include "matching_together.h"

#include <string.h>

#define RESIDENTS_MOST 256

/* What would be known of a child who came; of brothers and sisters beside the first, that they are there. */
static size_t add_children(const struct match_need *need, struct match_resident *residents)
{
	size_t children = need->children < 1 ? 1 : need->children;
	for (size_t i = 0; i < children; i++)
		residents[i] = (struct match_resident){ .authority = need->authority, .age = MATCH_UNKNOWN, .age_on = need->day,
			.sex = 'U', .held = true };
	residents[0].child = need->child;
	residents[0].age = need->age;
	residents[0].sex = need->sex;
	residents[0].companions = need->companions;
	residents[0].risks = need->risks;
	return children;
}

bool match_fit_together(const struct match_home *home, const struct match_prepared *const *needs, size_t count)
{
	struct match_resident residents[RESIDENTS_MOST];
	size_t all = home->resident_count;
	for (size_t i = 0; i < count; i++)
		all += needs[i]->question.need->children < 1 ? 1 : needs[i]->question.need->children;
	if (count > MATCH_COMPANY_MOST || all > RESIDENTS_MOST)
		return false;
	if (home->resident_count)
		memcpy(residents, home->residents, home->resident_count * sizeof *residents);
	for (size_t i = 0; i < count; i++) {
		struct match_home then = *home;
		const struct match_need *need = needs[i]->question.need;
		struct match_day day;
		struct match_offer offer;
		size_t there = home->resident_count;
		int32_t tenths;
		for (size_t other = 0; other < count; other++)
			if (other != i)
				there += add_children(needs[other]->question.need, &residents[there]);
		then.residents = residents;
		then.resident_count = (uint16_t)there;
		match_day_reckon(&then, need->day, &day);
		match_offer_reckon(&then, need->authority, need->day, &offer);
		if (match_check(needs[i], &then, &day, &offer, &tenths))
			return false;
	}
	return true;
}
