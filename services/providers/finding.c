/* finding.c: see finding.h. Pure: values in, values out. */
#include "finding.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static const char terms_source[] = "the home's terms of approval or statement of purpose";
static const char need_source[] = "what the referral asks for";
static const char home_source[] = "the home's record";

__attribute__((format(printf, 4, 5)))
static void leave_out(struct finding_result *result, const char *code, const char *source, const char *format, ...)
{
	if (result->reason_count == FINDING_REASONS_MOST)
		return;
	struct finding_reason *reason = &result->reasons[result->reason_count++];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(reason->text, sizeof reason->text, format, arguments);
	va_end(arguments);
	reason->code = code;
	reason->source = source;
}

static void note(struct finding_result *result, const char *code, const char *text)
{
	if (result->note_count < FINDING_NOTES_MOST)
		result->notes[result->note_count++] = (struct finding_note){ code, text };
}

/* The regulation behind the terms of a fostering household, else the home's own terms. */
static const char *terms_of(const struct finding_home *home, const struct finding_law *law)
{
	return home->kind == FINDING_FOSTERING && law->terms_of_approval.source ? law->terms_of_approval.source : terms_source;
}

static void check_places(const struct finding_need *need, const struct finding_home *home, const struct finding_law *law,
                         struct finding_result *result)
{
	if (!home->open)
		leave_out(result, "CLOSED", home_source, "The home takes no child now.");
	if (home->free <= 0)
		leave_out(result, "NO_FREE_PLACE", home_source, "No place is free.");
	else if (home->free < need->children)
		leave_out(result, "NOT_ENOUGH_PLACES", home_source, "%" PRId64 " places are free, %d are needed together.",
		          home->free, need->children);
	if (home->most_children.known && home->living + need->children > home->most_children.value)
		leave_out(result, "TOO_MANY_CHILDREN", terms_of(home, law), "At most %" PRId64 " children; with the need it were %"
		          PRId64 ".", home->most_children.value, home->living + need->children);
	if (home->siblings_only && need->children < 2)
		leave_out(result, "SIBLINGS_ONLY", terms_of(home, law), "The home is for brothers and sisters together.");
	/* Siblings may be more: whoever lives there already cannot be known to be one. */
	if (home->kind == FINDING_FOSTERING && law->fostering_usual_limit.source && home->living > 0 &&
	    home->living + need->children > law->fostering_usual_limit.value)
		leave_out(result, "FOSTERING_LIMIT", law->fostering_usual_limit.source,
		          "A household fosters at most %" PRId64 " children unless all are siblings.",
		          law->fostering_usual_limit.value);
}

static void check_age(const struct finding_need *need, const struct finding_home *home, const struct finding_law *law,
                      struct finding_result *result)
{
	const struct finding_rule *other = &law->other_arrangement_least_age;
	bool limited = home->least_age.known || home->most_age.known;
	bool supported = home->kind == FINDING_SUPPORTED_ACCOMMODATION && other->source;
	if (!need->age.known) {
		if (limited || supported)
			note(result, "AGE_UNKNOWN", "The child's age is not known: the home's age terms could not be checked.");
		return;
	}
	if (home->least_age.known && need->age.value < home->least_age.value)
		leave_out(result, "OUTSIDE_AGE_TERMS", terms_of(home, law), "The home takes children from %" PRId64 ".",
		          home->least_age.value);
	if (home->most_age.known && need->age.value > home->most_age.value)
		leave_out(result, "OUTSIDE_AGE_TERMS", terms_of(home, law), "The home takes children up to %" PRId64 ".",
		          home->most_age.value);
	if (supported && need->age.value < other->value)
		leave_out(result, "UNDER_16_OTHER_ARRANGEMENT", other->source,
		          "Supported accommodation is not for a child under %" PRId64 ".", other->value);
}

static void check_sex(const struct finding_need *need, const struct finding_home *home, const struct finding_law *law,
                      struct finding_result *result)
{
	if (home->sex != 'M' && home->sex != 'F')
		return;
	if (need->sex != 'M' && need->sex != 'F')
		note(result, "SEX_UNKNOWN", "The child's sex is not known: the home's terms could not be checked.");
	else if (need->sex != home->sex)
		leave_out(result, "OUTSIDE_SEX_TERMS", terms_of(home, law), "The home takes %s only.",
		          home->sex == 'M' ? "boys" : "girls");
}

/* What the law asks to be registered must be known to be registered. */
static void check_registration(const struct finding_home *home, const struct finding_law *law,
                               struct finding_result *result)
{
	const struct finding_rule *supported = &law->supported_registration, *childrens = &law->childrens_home_registration;
	enum finding_registration is = home->registration;
	if (is == FINDING_SUSPENDED)
		leave_out(result, "NOT_REGISTERED", home_source, "The registration or approval is suspended.");
	else if (home->kind == FINDING_SUPPORTED_ACCOMMODATION && supported->source && is != FINDING_REGISTERED &&
	         is != FINDING_APPLIED)
		leave_out(result, "NOT_REGISTERED", supported->source,
		          "No registration as supported accommodation, nor an accepted application, is recorded.");
	else if (home->kind == FINDING_CHILDRENS_HOME && childrens->source && (!home->has_urn || is != FINDING_REGISTERED))
		leave_out(result, "NOT_REGISTERED", childrens->source, "No registration as a children's home is recorded%s.",
		          home->has_urn ? "" : " (URN)");
}

static void check_wishes(const struct finding_need *need, const struct finding_home *home, struct finding_result *result)
{
	if (need->kinds && !(need->kinds & 1U << home->kind))
		leave_out(result, "KIND_NOT_WANTED", need_source, "Another kind of home is looked for.");
	result->miles_known = need->grid.known && home->grid.known;
	if (result->miles_known)
		result->miles = finding_miles(need->grid, home->grid);
	if (need->miles_limited && !result->miles_known)
		note(result, "DISTANCE_UNKNOWN", "The distance is not known and could not be checked.");
	else if (need->miles_limited && result->miles > need->most_miles)
		leave_out(result, "TOO_FAR", need_source, "%.1f miles; at most %.1f are wanted.", result->miles, need->most_miles);
	if (need->most_pence.known && !home->pence.known)
		note(result, "FEE_UNKNOWN", "The weekly fee is not known and could not be checked.");
	else if (need->most_pence.known && home->pence.value > need->most_pence.value)
		leave_out(result, "TOO_DEAR", need_source, "The weekly fee is above what is set for this referral.");
}

void finding_check(const struct finding_need *need, const struct finding_home *home, const struct finding_law *law,
                   struct finding_result *ret_result)
{
	ret_result->reason_count = ret_result->note_count = 0;
	ret_result->miles_known = false;
	ret_result->miles = 0;
	check_places(need, home, law, ret_result);
	check_registration(home, law, ret_result);
	check_age(need, home, law, ret_result);
	check_sex(need, home, law, ret_result);
	check_wishes(need, home, ret_result);
}

double finding_miles(struct finding_grid from, struct finding_grid to)
{
	double east = (double)from.easting - (double)to.easting, north = (double)from.northing - (double)to.northing;
	return round(sqrt(east * east + north * north) / 1000 / 1.6093 * 10) / 10;
}

int finding_compare(const struct finding_rank *a, const struct finding_rank *b)
{
	if (a->miles_known != b->miles_known)
		return a->miles_known ? -1 : 1;
	if (a->miles_known && a->miles < b->miles)
		return -1;
	if (a->miles_known && a->miles > b->miles)
		return 1;
	if (a->pence.known != b->pence.known)
		return a->pence.known ? -1 : 1;
	if (a->pence.known && a->pence.value != b->pence.value)
		return a->pence.value < b->pence.value ? -1 : 1;
	return 0;
}
