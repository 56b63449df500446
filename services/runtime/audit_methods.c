/* audit_methods.c: what every process answers about its service's audit: entries, seals, marks. See audit.proto. */
#include "process.h"

#include <string.h>

#include <hearth/audit/v1/audit.pb-c.h>
#include <hearth/v1/common.pb-c.h>

#define MOST_SUBJECT 64

/* Operators see all, or one authority's; other systems their own authority's alone. */
static int plan_entries(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Audit__V1__ListEntriesRequest *request = hearth_call_request(call);
	bool operator = hearth_call_has_role(call, HEARTH__V1__ROLE__OPERATOR);
	const char *own = hearth_call_authority(call);
	const char *authority = operator && request->authority[0] ? request->authority : own;
	if (!operator && !own[0])
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "NO_AUTHORITY", "the actor's authority is empty");
	if (!operator && request->authority[0] && strcmp(request->authority, own) != 0)
		return hearth_fail(status, HEARTH_PERMISSION_DENIED, "OTHER_AUTHORITY", "entries of another authority are for operators");
	if (hearth_check_text(request->subject, 0, MOST_SUBJECT, "subject", status) < 0 ||
	    hearth_check_text(request->actor, 0, MOST_SUBJECT, "actor", status) < 0 ||
	    hearth_check_range(request->after, 0, INT64_MAX, "after", status) < 0 ||
	    hearth_check_range(request->through, 0, INT64_MAX, "through", status) < 0)
		return -1;
	hearth_bind_text(call, "only_authority", authority[0] ? authority : NULL);
	hearth_bind_text(call, "about", request->subject[0] ? request->subject : NULL);
	hearth_bind_text(call, "by_actor", request->actor[0] ? request->actor : NULL);
	return 0;
}

static int plan_marks(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Audit__V1__GetMarksRequest *request = hearth_call_request(call);
	return hearth_check_range(request->no, 1, INT64_MAX, "no", status);
}

#define OPERATORS HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR)

const struct hearth_method hearth_audit_methods[] = {
	{ .name = "ListEntries", .kind = HEARTH_SLOW, .roles = OPERATORS | HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM),
	  .statement = "audit_entries", .row = "entries", .plan = plan_entries, .audit = "entries.authority" },
	{ .name = "ListSeals", .kind = HEARTH_SLOW, .roles = OPERATORS, .statement = "audit_seals", .row = "seals" },
	{ .name = "GetMarks", .kind = HEARTH_SLOW, .roles = OPERATORS, .statement = "audit_marks", .plan = plan_marks },
	{ 0 },
};
