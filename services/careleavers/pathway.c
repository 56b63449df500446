/* pathway.c: see pathway.h. */
#include "pathway.h"

static struct pathway_due due_on(enum pathway_kind kind, int32_t due, int32_t done, int32_t on, const char *from)
{
	return (struct pathway_due){ kind, due < on ? PATHWAY_OVERDUE : PATHWAY_DUE, due, done, from };
}

static struct pathway_due without_day(enum pathway_kind kind, enum pathway_state state, int32_t done, const char *from)
{
	return (struct pathway_due){ kind, state, ELIGIBILITY_NO_DAY, done, from };
}

/* From the day that made them eligible, or relevant when they never were. */
static struct pathway_due assessment(const struct eligibility *is, const struct pathway_done *done, int32_t on, int months)
{
	bool eligible = is->eligible_on != ELIGIBILITY_NO_DAY;
	int32_t from = eligible ? is->eligible_on : is->status == ELIGIBILITY_RELEVANT ? is->began : is->turns_part;
	const char *code = eligible ? "BECAME_ELIGIBLE" : "BECAME_RELEVANT";
	if (done->assessed != ELIGIBILITY_NO_DAY)
		return without_day(PATHWAY_ASSESSMENT, PATHWAY_DONE, done->assessed, code);
	if (from == ELIGIBILITY_NO_DAY)
		return without_day(PATHWAY_ASSESSMENT, PATHWAY_UNKNOWN, done->assessed, code);
	return due_on(PATHWAY_ASSESSMENT, eligibility_add_months(from, months), done->assessed, on, code);
}

static struct pathway_due plan(const struct pathway_done *done, int32_t on)
{
	if (done->planned != ELIGIBILITY_NO_DAY)
		return without_day(PATHWAY_PLAN, PATHWAY_DONE, done->planned, "NEEDS_ASSESSMENT");
	if (done->assessed == ELIGIBILITY_NO_DAY)
		return without_day(PATHWAY_PLAN, PATHWAY_WAITS, done->planned, "NEEDS_ASSESSMENT");
	return due_on(PATHWAY_PLAN, done->assessed, done->planned, on, "NEEDS_ASSESSMENT");
}

static struct pathway_due review(const struct pathway_done *done, int32_t on, int months)
{
	if (done->planned == ELIGIBILITY_NO_DAY && done->reviewed == ELIGIBILITY_NO_DAY)
		return without_day(PATHWAY_REVIEW, PATHWAY_WAITS, done->reviewed, "PATHWAY_PLAN");
	bool again = done->reviewed >= done->planned;
	return due_on(PATHWAY_REVIEW, eligibility_add_months(again ? done->reviewed : done->planned, months), done->reviewed, on,
	              again ? "PATHWAY_REVIEW" : "PATHWAY_PLAN");
}

static struct pathway_due visit(const struct pathway_done *done, int32_t on, const struct pathway_law *law)
{
	if (done->moved_in == ELIGIBILITY_NO_DAY)
		return without_day(PATHWAY_VISIT, PATHWAY_UNKNOWN, done->visited, "MOVED_IN");
	if (done->visited < done->moved_in)
		return due_on(PATHWAY_VISIT, done->moved_in + law->first_visit_days, done->visited, on, "MOVED_IN");
	return due_on(PATHWAY_VISIT, eligibility_add_months(done->visited, law->visit_months), done->visited, on,
	              "ADVISER_VISIT");
}

size_t pathway_on(const struct eligibility *is, const struct pathway_done *done, int32_t on,
                  const struct pathway_law *law, struct pathway_due ret_dues[PATHWAY_DUES])
{
	size_t count = 0;
	bool left = is->status == ELIGIBILITY_RELEVANT || is->status == ELIGIBILITY_FORMER_RELEVANT;
	if ((!left && is->status != ELIGIBILITY_ELIGIBLE) || is->support == ELIGIBILITY_IF_ASKED)
		return 0;
	ret_dues[count++] = assessment(is, done, on, law->assessment_months);
	ret_dues[count++] = plan(done, on);
	ret_dues[count++] = review(done, on, law->review_months);
	if (left)
		ret_dues[count++] = visit(done, on, law);
	return count;
}
