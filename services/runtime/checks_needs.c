/* checks_needs.c: whether what is said of a child's needs can be true (hearth/service.h).
 *
 * Two contracts hold needs of one shape, referrals' and providers'; what is wrong in one is wrong in the other, in the
 * same words. Codes and numbers are shown.
 */
#include <hearth/service.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <hearth/v1/common.pb-c.h>
#include <hearth/v1/needs.pb-c.h>

#define AGE_MOST 25
#define CHILDREN_MOST 20
#define MILES_MOST 1000
#define AVOID_MOST 10
#define PLACEMENT_KINDS_MOST 10
#define AVOID_MILES_MOST 100
#define FIELD_SIZE 64

static int check_who(const struct hearth_needs *needs, struct hearth_status *status)
{
	static const char *const sexes[] = { "M", "F", "U", NULL };
	if (hearth_check_count(needs->age, AGE_MOST, "needs.age.value", status) != 0)
		return -1;
	if (needs->sex[0] && hearth_check_one_of(needs->sex, sexes, "needs.sex", status) != 0)
		return -1;
	if (hearth_check_range(needs->children, 0, CHILDREN_MOST, "needs.children", status) != 0 ||
	    hearth_check_count(needs->siblings, CHILDREN_MOST - 1, "needs.siblings.value", status) != 0)
		return -1;
	if (needs->siblings && needs->children > needs->siblings->value + 1)
		return hearth_fail_field(status, "needs.children",
		                         "needs.children is %d, but the child and needs.siblings are %d; at most as many places",
		                         (int)needs->children, (int)needs->siblings->value + 1);
	const char *legal = needs->legal_status;
	if (legal[0] && !(strlen(legal) == 2 && isupper((unsigned char)legal[0]) && isdigit((unsigned char)legal[1])))
		return hearth_fail_field(status, "needs.legal_status",
		                         "needs.legal_status is no SSDA903 LS code: a capital letter and a digit, such as C2");
	return 0;
}

static int check_kinds(const struct hearth_needs *needs, struct hearth_status *status)
{
	static const char *const kinds[] = { "FOSTERING", "CHILDRENS_HOME", "SUPPORTED_ACCOMMODATION", "SECURE_CHILDRENS_HOME",
		"RESIDENTIAL_SPECIAL_SCHOOL", "SHORT_BREAKS", "SUPPORTED_LODGINGS", "OTHER_ARRANGEMENT", NULL };
	const size_t most = sizeof kinds / sizeof kinds[0] - 1;
	if (hearth_check_range((int64_t)needs->home_kind_count, 0, (int64_t)most, "needs.home_kinds", status) != 0)
		return -1;
	for (size_t i = 0; i < needs->home_kind_count; i++)
		if (hearth_check_one_of(needs->home_kinds[i], kinds, "needs.home_kinds", status) != 0)
			return -1;
	if (hearth_check_range((int64_t)needs->placement_kind_count, 0, PLACEMENT_KINDS_MOST, "needs.placement_kinds", status) != 0)
		return -1;
	for (size_t i = 0; i < needs->placement_kind_count; i++)
		if (hearth_check_code(needs->placement_kinds[i], 1, 40, "needs.placement_kinds", status) != 0)
			return -1;
	return 0;
}

static int check_where(const struct hearth_needs *needs, struct hearth_status *status)
{
	const Hearth__V1__Distance *far = needs->most_miles;
	if (hearth_check_grid(needs->home_grid, "needs.home_grid", status) != 0 ||
	    hearth_check_grid(needs->school_grid, "needs.school_grid", status) != 0)
		return -1;
	if (far && !(isfinite(far->miles) && far->miles >= 0 && far->miles <= MILES_MOST))
		return hearth_fail_field(status, "needs.most_miles", "needs.most_miles is not between 0 and %d", MILES_MOST);
	if (needs->prefers_local == HEARTH__V1__ANSWER__YES && needs->out_of_area_reason)
		return hearth_fail_field(status, "needs.out_of_area_reason",
		                         "needs.out_of_area_reason says why not in the area, but needs.prefers_local is YES");
	return 0;
}

/* A list of answers: none of them unspecified or there twice, and the one that says "none" stands alone. */
static int check_list(size_t count, const int *items, int none, const ProtobufCEnumDescriptor *names, const char *field,
                      struct hearth_status *status)
{
	for (size_t i = 0; i < count; i++) {
		const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(names, items[i]);
		if (!value || items[i] == 0)
			return hearth_fail_field(status, field, "%s[%zu] says nothing; leave it out", field, i);
		if (items[i] == none && count > 1)
			return hearth_fail_field(status, field, "%s has %s beside others; it stands alone", field, value->name);
		for (size_t k = 0; k < i; k++)
			if (items[k] == items[i])
				return hearth_fail_field(status, field, "%s has %s twice; once is wanted", field, value->name);
	}
	return 0;
}

static int check_requirements(const Hearth__V1__Requirements *asked, struct hearth_status *status)
{
	static const char communication[] = "needs.requirements.communication", support[] = "needs.requirements.support";
	const int no_communication = HEARTH__V1__REQUIREMENTS__COMMUNICATION__NO_SPECIFIC_COMMUNICATION;
	if (!asked)
		return 0;
	if (check_list(asked->n_communication, (const int *)asked->communication, no_communication,
	               &hearth__v1__requirements__communication__descriptor, communication, status) != 0)
		return -1;
	if (asked->communication_needs == HEARTH__V1__ANSWER__NO && asked->n_communication > 0 &&
	    (int)asked->communication[0] != no_communication)
		return hearth_fail_field(status, communication, "%s names some, but needs.requirements.communication_needs is NO",
		                         communication);
	return check_list(asked->n_support, (const int *)asked->support,
	                  HEARTH__V1__REQUIREMENTS__SUPPORT__NO_ADDITIONAL_SUPPORT,
	                  &hearth__v1__requirements__support__descriptor, support, status);
}

/* A point with its miles, or an area: half of one, or both, could be read in two ways. */
static int check_avoided(const Hearth__V1__AvoidedPlace *place, size_t at, struct hearth_status *status)
{
	char field[40], part[FIELD_SIZE];
	const char *area = place->area_authority;
	snprintf(field, sizeof field, "needs.avoid[%zu]", at);
	if (area[0] ? place->grid || place->miles : !place->grid || !place->miles)
		return hearth_fail_field(status, field, "%s is a grid reference with miles, or an area_authority: %s", field,
		                         area[0] ? "it has both" : !place->grid ? "it has no grid" : "it has no miles");
	snprintf(part, sizeof part, "%s.area_authority", field);
	if (area[0] && !(strlen(area) == 3 && strspn(area, "0123456789") == 3))
		return hearth_fail_field(status, part, "%s is no DfE code of a council: three digits", part);
	snprintf(part, sizeof part, "%s.miles", field);
	double far = place->miles ? place->miles->miles : 1;
	if (!(isfinite(far) && far > 0 && far <= AVOID_MILES_MOST))
		return hearth_fail_field(status, part, "%s is not above 0 and at most %d", part, AVOID_MILES_MOST);
	snprintf(part, sizeof part, "%s.grid", field);
	if (hearth_check_grid(place->grid, part, status) != 0)
		return -1;
	snprintf(part, sizeof part, "%s.reason", field);
	return hearth_check_code(place->reason, 0, 40, part, status);
}

int hearth_check_needs(const struct hearth_needs *needs, struct hearth_status *status)
{
	if (check_who(needs, status) != 0 || check_kinds(needs, status) != 0 || check_where(needs, status) != 0 ||
	    hearth_check_weekly_fee(needs->most_weekly_fee, "needs.most_weekly_fee.pence", status) != 0 ||
	    check_requirements(needs->requirements, status) != 0 ||
	    hearth_check_range((int64_t)needs->avoid_count, 0, AVOID_MOST, "needs.avoid", status) != 0)
		return -1;
	for (size_t i = 0; i < needs->avoid_count; i++)
		if (check_avoided(needs->avoid[i], i, status) != 0)
			return -1;
	return 0;
}
