/* needs.c: what is said of a child's needs: is it true, and how is it kept.
 *
 * What lists and lookups read has columns; the rest is one document, written here in the events' words (proto3 JSON),
 * so that statements put it into an event as it is. What was not said is not in it, and two that say the same are equal.
 */
#include "referrals.h"

#include <hearth/json.h>
#include <hearth/referrals/v1/events.pb-c.h>
#include <hearth/v1/needs.pb-c.h>

int referrals_check_needs(const struct Hearth__Referrals__V1__Needs *needs, struct hearth_status *status)
{
	return needs ? hearth_check_needs(&HEARTH_NEEDS(needs), status) : 0;
}

/* A message in which nothing was said is as good as none: it packs to nothing. */
#define SAID(part) ((part) && protobuf_c_message_get_packed_size(&(part)->base) > 0)

void referrals_bind_needs(struct hearth_call *call, const struct Hearth__Referrals__V1__Needs *needs)
{
	Hearth__Referrals__V1__Needs more = HEARTH__REFERRALS__V1__NEEDS__INIT;
	const char *text = NULL;
	if (needs) {
		more.siblings = needs->siblings;
		more.school_grid = needs->school_grid;
		more.prefers_local = needs->prefers_local;
		more.out_of_area_reason = needs->out_of_area_reason;
		more.requirements = SAID(needs->requirements) ? needs->requirements : NULL;
		more.recommendation = SAID(needs->recommendation) ? needs->recommendation : NULL;
		more.risks = SAID(needs->risks) ? needs->risks : NULL;
		more.n_avoid = needs->n_avoid;
		more.avoid = needs->avoid;
		more.legal_status = needs->legal_status;
		more.wishes = needs->wishes;
		more.n_placement_kinds = needs->n_placement_kinds;
		more.placement_kinds = needs->placement_kinds;
		if (protobuf_c_message_get_packed_size(&more.base) > 0)
			text = hearth_json_print(hearth_call_arena(call), &more.base, 0);
	}
	hearth_bind_text(call, "needs_more", text);
}
