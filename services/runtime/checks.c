/* checks.c: checks that the plans of services share (hearth/service.h).
 *
 * Each fails with INVALID_ARGUMENT, names the field and says what would be right. What is wrong is shown where it cannot
 * be anybody's: numbers, codes, malformed days; never a text or a key.
 */
#include <hearth/service.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <hearth/text.h>
#include <hearth/v1/common.pb-c.h>

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define SYSTEM "abcdefghijklmnopqrstuvwxyz" DIGITS "-_"
#define SYSTEM_MOST 32
#define KEY_MOST 64
#define FIELD_SIZE 64                    /* as much as a status holds */

int hearth_check_uuid(const char *value, const char *field, struct hearth_status *status)
{
	struct hearth_uuid uuid;
	if (hearth_uuid_parse(value, &uuid) == 0)
		return 0;
	return hearth_fail_field(status, field, "%s is %s; a UUID such as 0190b3c2-7d1e-7abc-8def-0123456789ab is wanted",
	                         field, value[0] ? "no UUID" : "empty");
}

int hearth_check_uuid_or_empty(const char *value, const char *field, struct hearth_status *status)
{
	return value[0] == '\0' ? 0 : hearth_check_uuid(value, field, status);
}

int hearth_check_date(const char *value, const char *field, struct hearth_status *status)
{
	int32_t days;
	if (hearth_date_parse(value, &days) == 0)
		return 0;
	size_t size = strlen(value);
	bool shown = size > 0 && size <= 10 && strspn(value, DIGITS "-/.") == size;
	return hearth_fail_field(status, field, "%s is %s%s; a day from 1900-01-01 to 2199-12-31 as YYYY-MM-DD is wanted",
	                         field, shown ? value : "", shown ? ", which is not taken" : size > 0 ? "no day" : "empty");
}

int hearth_check_date_or_empty(const char *value, const char *field, struct hearth_status *status)
{
	return value[0] == '\0' ? 0 : hearth_check_date(value, field, status);
}

int hearth_check_text(const char *value, size_t least, size_t most, const char *field, struct hearth_status *status)
{
	size_t size = strlen(value);
	if (size >= least && size <= most)
		return 0;
	return hearth_fail_field(status, field, "%s has %zu characters; %zu to %zu are wanted", field, size, least, most);
}

int hearth_check_code(const char *value, size_t least, size_t most, const char *field, struct hearth_status *status)
{
	size_t size = strlen(value);
	if (size >= least && size <= most && strspn(value, CAPITALS DIGITS "_") == size)
		return 0;
	return hearth_fail_field(status, field, "%s is %s; %zu to %zu of A-Z, 0-9 and _ are wanted", field,
	                         size > 0 ? "no code" : "empty", least, most);
}

int hearth_check_range(int64_t value, int64_t least, int64_t most, const char *field, struct hearth_status *status)
{
	if (value >= least && value <= most)
		return 0;
	return hearth_fail_field(status, field, "%s is %" PRId64 "; %" PRId64 " to %" PRId64 " is wanted", field, value,
	                         least, most);
}

int hearth_check_one_of(const char *value, const char *const *names, const char *field, struct hearth_status *status)
{
	char list[200] = "";
	for (size_t i = 0, used = 0; names[i]; i++) {
		if (strcmp(value, names[i]) == 0)
			return 0;
		int more = snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", names[i]);
		if (more > 0 && used + (size_t)more < sizeof list)
			used += (size_t)more;
	}
	char shown[33];
	hearth_text_copy(shown, sizeof shown, value);
	return hearth_fail_field(status, field, "%s is \"%s\"; one of %s is wanted", field, shown, list);
}

/* ---- values that every contract shares (hearth/v1/common.proto) ---- */

int hearth_check_weekly_fee(const Hearth__V1__Money *fee, const char *field, struct hearth_status *status)
{
	return fee == NULL ? 0 : hearth_check_range(fee->pence, 0, HEARTH_WEEKLY_FEE_MOST, field, status);
}

int hearth_check_count(const Hearth__V1__Count *count, int64_t most, const char *field, struct hearth_status *status)
{
	return count == NULL ? 0 : hearth_check_range(count->value, 0, most, field, status);
}

int hearth_check_grid(const Hearth__V1__GridReference *grid, const char *field, struct hearth_status *status)
{
	char part[FIELD_SIZE];
	if (grid == NULL)
		return 0;
	snprintf(part, sizeof part, "%s.easting", field);
	if (hearth_check_range(grid->easting, 0, 700000, part, status) != 0)
		return -1;
	snprintf(part, sizeof part, "%s.northing", field);
	return hearth_check_range(grid->northing, 0, 1300000, part, status);
}

int hearth_check_system(const char *system, const char *field, struct hearth_status *status)
{
	size_t size = strlen(system);
	if (size >= 1 && size <= SYSTEM_MOST && strspn(system, SYSTEM) == size)
		return 0;
	return hearth_fail_field(status, field, "%s is %s; 1 to 32 of a-z, 0-9, - and _ are wanted", field,
	                         size > 0 ? "no name of a system" : "empty");
}

int hearth_check_external_id(const Hearth__V1__ExternalId *id, const char *field, struct hearth_status *status)
{
	char part[FIELD_SIZE];
	if (id == NULL)
		return hearth_fail_field(status, field, "%s is missing: another system's name and key", field);
	snprintf(part, sizeof part, "%s.system", field);
	if (hearth_check_system(id->system, part, status) != 0)
		return -1;
	snprintf(part, sizeof part, "%s.id", field);
	return hearth_check_text(id->id, 1, KEY_MOST, part, status);
}
