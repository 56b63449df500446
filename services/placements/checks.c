/* checks.c: checks that the plans of placements share. */
#include "placements.h"

#include <string.h>

int placements_check_authority(const struct hearth_call *call, struct hearth_status *status)
{
	if (hearth_call_authority(call)[0] != '\0')
		return 0;
	return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NO_AUTHORITY",
	                   "the actor acts for no authority: children belong to one");
}

int placements_check_uuid_or_empty(const char *value, const char *field, struct hearth_status *status)
{
	return value[0] == '\0' ? 0 : hearth_check_uuid(value, field, status);
}

int placements_check_date_or_empty(const char *value, const char *field, struct hearth_status *status)
{
	return value[0] == '\0' ? 0 : hearth_check_date(value, field, status);
}

int placements_check_past_day(const struct hearth_call *call, const char *value, const char *field,
                              struct hearth_status *status)
{
	if (hearth_check_date(value, field, status) != 0)
		return -1;
	if (strcmp(value, hearth_call_today(call)) <= 0)
		return 0;
	return hearth_fail_field(status, field, "%s %s is after today (%s): record it on the day", field, value,
	                         hearth_call_today(call));
}

int placements_check_code(const char *value, size_t least, const char *field, struct hearth_status *status)
{
	if (hearth_check_text(value, least, 8, field, status) != 0)
		return -1;
	for (const char *at = value; *at != '\0'; at++)
		if (!((*at >= 'A' && *at <= 'Z') || (*at >= '0' && *at <= '9')))
			return hearth_fail_field(status, field, "%s must be a code of A-Z and 0-9, as ListCodes gives it", field);
	return 0;
}

int placements_check_etag(const char *value, const char *field, struct hearth_status *status)
{
	return hearth_check_text(value, 0, 20, field, status);
}
