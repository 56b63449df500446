/* check.c: whether what is given about providers, homes and needs can be true. Pure but for the status. */
#include "providers.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <hearth/text.h>

#define MOST_PLACES 50
#define MOST_PURPOSES 20
#define MOST_CAPABILITIES 40
#define MOST_RISKS 20

/* "rows[3].urn" in `field`, which has room for a status's field. */
static const char *named(char field[64], const char *prefix, const char *name)
{
	snprintf(field, 64, "%s%s", prefix, name);
	return field;
}

static int check_count(const Hearth__V1__Count *count, int64_t most, const char *prefix, const char *name,
                       struct hearth_status *status)
{
	char field[64];
	return hearth_check_count(count, most, named(field, prefix, name), status);
}

static int check_authority(const char *value, const char *prefix, const char *name, struct hearth_status *status)
{
	char field[64];
	if (!*value || (strlen(value) == 3 && strspn(value, "0123456789") == 3))
		return 0;
	return hearth_fail_field(status, named(field, prefix, name), "%s is no DfE code of a council: three digits", field);
}

int providers_check_urn(const char *value, const char *prefix, struct hearth_status *status)
{
	char field[64];
	size_t size = strlen(value);
	bool plain = size == 7 && strspn(value, "0123456789") == 7;
	bool fostering = size == 8 && strncmp(value, "SC", 2) == 0 && strspn(value + 2, "0123456789") == 6;
	if (size == 0 || plain || fostering)
		return 0;
	return hearth_fail_field(status, named(field, prefix, "urn"), "%s is no URN: SC and six digits, or seven digits", field);
}

static int check_outward(const char *value, const char *prefix, struct hearth_status *status)
{
	char field[64], outward[5];
	if (!*value || (hearth_postcode_outward(value, outward) == 0 && strcmp(value, outward) == 0))
		return 0;
	return hearth_fail_field(status, named(field, prefix, "outward"),
	                         "%s is no outward part of a postcode, such as B12, in capitals", field);
}

static int check_terms(const Hearth__Providers__V1__Terms *terms, const char *prefix, struct hearth_status *status)
{
	static const char *const sexes[] = { "ANY", "M", "F", NULL };
	char field[64];
	if (!terms)
		return 0;
	if (check_count(terms->least_age, 25, prefix, "terms.least_age.value", status) < 0 ||
	    check_count(terms->most_age, 25, prefix, "terms.most_age.value", status) < 0 ||
	    check_count(terms->most_children, MOST_PLACES, prefix, "terms.most_children.value", status) < 0)
		return -1;
	if (terms->least_age && terms->most_age && terms->least_age->value > terms->most_age->value)
		return hearth_fail_field(status, named(field, prefix, "terms.most_age.value"), "%s is below terms.least_age", field);
	return *terms->sex ? hearth_check_one_of(terms->sex, sexes, named(field, prefix, "terms.sex"), status) : 0;
}

static int check_codes(size_t count, size_t most, char *const *codes, const char *prefix, const char *name,
                       struct hearth_status *status)
{
	char field[64];
	named(field, prefix, name);
	if (hearth_check_range((int64_t)count, 0, (int64_t)most, field, status) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (hearth_check_code(codes[i], 1, 40, field, status) < 0)
			return -1;
	return 0;
}

static int check_name(const char *value, const char *const *names, const char *prefix, const char *name,
                      struct hearth_status *status)
{
	char field[64];
	return *value ? hearth_check_one_of(value, names, named(field, prefix, name), status) : 0;
}

/* Words of the Placements Data Standard, as needs spell them. */
static int check_risks(const struct providers_home_facts *home, const char *prefix, struct hearth_status *status)
{
	static const char *const risks[] = { "SELF_HARM", "CRIMINAL_EXPLOITATION", "DRUG_ALCOHOL", "EATING_DISORDER", "MISSING",
		"SEXUAL_EXPLOITATION", "TO_OTHERS_PHYSICAL", "TO_OTHERS_SEXUAL", "TO_OTHERS_FIRE", "TO_OTHERS_ANIMALS",
		"TO_OTHERS_CRIMINAL", NULL };
	if (check_codes(home->excluded_risk_count, MOST_RISKS, home->excluded_risks, prefix, "excluded_risks", status) < 0)
		return -1;
	for (size_t i = 0; i < home->excluded_risk_count; i++)
		if (check_name(home->excluded_risks[i], risks, prefix, "excluded_risks", status) < 0)
			return -1;
	return 0;
}

static int check_category(const struct providers_home_facts *home, const char *prefix, struct hearth_status *status)
{
	static const char *const categories[] = { "SELF_CONTAINED", "SHARED_RING_FENCED", "SHARED", "PRIVATE_RESIDENCE", NULL };
	char field[64];
	if (!*home->supported_category)
		return 0;
	if (home->kind != HEARTH__PROVIDERS__V1__HOME_KIND__SUPPORTED_ACCOMMODATION &&
	    home->kind != HEARTH__PROVIDERS__V1__HOME_KIND__SUPPORTED_LODGINGS)
		return hearth_fail_field(status, named(field, prefix, "supported_category"),
		                         "%s is for SUPPORTED_ACCOMMODATION and SUPPORTED_LODGINGS alone", field);
	return check_name(home->supported_category, categories, prefix, "supported_category", status);
}

int providers_check_registered(const char *register_name, const char *from, const char *until, const char *prefix,
                               struct hearth_status *status)
{
	static const char *const registers[] = { "OFSTED", "CQC", "CARE_INSPECTORATE_WALES", "CARE_INSPECTORATE_SCOTLAND", NULL };
	char field[64];
	if (check_name(register_name, registers, prefix, "register", status) < 0 ||
	    hearth_check_date_or_empty(from, named(field, prefix, "registered_from"), status) < 0 ||
	    hearth_check_date_or_empty(until, named(field, prefix, "registered_until"), status) < 0)
		return -1;
	if (*from && *until && strcmp(until, from) <= 0)
		return hearth_fail_field(status, field, "%s is not after registered_from", field);
	return 0;
}

static int check_setting(const struct providers_home_facts *home, const char *prefix, struct hearth_status *status)
{
	static const char *const managers[] = { "IN_POST", "VACANT", NULL };
	char field[64];
	if (check_category(home, prefix, status) < 0 || check_risks(home, prefix, status) < 0 ||
	    check_codes(home->capability_count, MOST_CAPABILITIES, home->capabilities, prefix, "capabilities", status) < 0 ||
	    check_name(home->manager, managers, prefix, "manager", status) < 0 ||
	    hearth_check_date_or_empty(home->planned_open, named(field, prefix, "planned_open"), status) < 0)
		return -1;
	return providers_check_registered(home->register_name, home->registered_from, home->registered_until, prefix, status);
}

int providers_check_home(const struct providers_home_facts *home, const char *prefix, struct hearth_status *status)
{
	char field[64];
	if (!home->kind)
		return hearth_fail_field(status, named(field, prefix, "kind"),
		                         "%s is missing: FOSTERING, CHILDRENS_HOME, SUPPORTED_ACCOMMODATION, ...", field);
	if (hearth_check_text(home->name, 0, 200, named(field, prefix, "name"), status) < 0 ||
	    check_outward(home->outward, prefix, status) < 0 || hearth_check_grid(home->grid, named(field, prefix, "grid"), status) < 0 ||
	    check_authority(home->area_authority, prefix, "area_authority", status) < 0 ||
	    providers_check_urn(home->urn, prefix, status) < 0 || check_setting(home, prefix, status) < 0)
		return -1;
	if (hearth_check_weekly_fee(home->weekly_fee, named(field, prefix, "weekly_fee.pence"), status) < 0 ||
	    check_count(home->notice_days, 365, prefix, "notice_days.value", status) < 0 ||
	    check_count(home->registered_places, 500, prefix, "registered_places.value", status) < 0 ||
	    check_codes(home->purpose_count, MOST_PURPOSES, home->purpose, prefix, "purpose", status) < 0 ||
	    check_terms(home->terms, prefix, status) < 0)
		return -1;
	return hearth_check_range(home->places, 0, MOST_PLACES, named(field, prefix, "places"), status);
}

int providers_check_area(const char *area_authority, const char *outward, struct hearth_status *status)
{
	return check_authority(area_authority, "", "area_authority", status) < 0 ? -1 : check_outward(outward, "", status);
}

int providers_check_provider(const char *name, const char *code, const char *own_authority, const char *prefix,
                             struct hearth_status *status)
{
	static const char *const codes[] = { "PR0", "PR1", "PR2", "PR3", "PR4", "PR5", NULL };
	bool row = *prefix != '\0';
	char field[64];
	if (hearth_check_text(name, 1, 200, named(field, prefix, row ? "provider_name" : "name"), status) < 0)
		return -1;
	if (*code && hearth_check_one_of(code, codes, named(field, prefix, row ? "provider_code" : "code"), status) < 0)
		return -1;
	return check_authority(own_authority, prefix, "own_authority", status);
}

int providers_check_needs(const Hearth__Providers__V1__Needs *needs, struct hearth_status *status)
{
	return hearth_check_needs(&HEARTH_NEEDS(needs), status);
}

Hearth__Providers__V1__Sector providers_sector_of(const char *code)
{
	static const Hearth__Providers__V1__Sector sectors[] = {
		HEARTH__PROVIDERS__V1__SECTOR__FAMILY, HEARTH__PROVIDERS__V1__SECTOR__IN_HOUSE,
		HEARTH__PROVIDERS__V1__SECTOR__OTHER_PUBLIC, HEARTH__PROVIDERS__V1__SECTOR__OTHER_PUBLIC,
		HEARTH__PROVIDERS__V1__SECTOR__INDEPENDENT, HEARTH__PROVIDERS__V1__SECTOR__INDEPENDENT,
	};
	if (strlen(code) != 3 || code[2] < '0' || code[2] > '5')
		return HEARTH__PROVIDERS__V1__SECTOR__SECTOR_UNSPECIFIED;
	return sectors[code[2] - '0'];
}
