/* methods.c: plans of the calls about referrals. A plan checks what the caller gave and binds what the statement needs
 * beside it; the statements in sql/ do the rest.
 */
#include "referrals.h"

#include <string.h>

#include <hearth/text.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

/* What may be changed, as update_mask names it. */
enum change { URGENCY, NEEDED_BY, WORKER, NEEDS, DATE_OF_BIRTH, CHANGE_COUNT };
static const char *const change_names[] = { "urgency", "needed_by", "worker", "needs", "date_of_birth", NULL };

struct written {
	int urgency;
	const char *needed_by, *worker;
	const Hearth__Referrals__V1__Needs *needs;
	const Hearth__V1__PersonalDate *date_of_birth;
};

/* ---- checks ---- */

/* The date itself is personal: a message about it never shows it. */
static int check_birth(struct hearth_call *call, const Hearth__V1__PersonalDate *date, struct hearth_status *status)
{
	int32_t born, today;
	if (!date)
		return 0;
	if (hearth_date_parse(date->value, &born) < 0)
		return hearth_fail_field(status, "date_of_birth.value", "date_of_birth is no real day; YYYY-MM-DD is wanted");
	if (hearth_date_parse(hearth_call_today(call), &today) == 0 && born > today + 366)
		return hearth_fail_field(status, "date_of_birth.value", "date_of_birth is more than a year ahead");
	return 0;
}

static int check_written(struct hearth_call *call, const struct written *written, struct hearth_status *status)
{
	if (hearth_check_date_or_empty(written->needed_by, "needed_by", status) < 0)
		return -1;
	if (hearth_check_text(written->worker, 0, 64, "worker", status) < 0)
		return -1;
	if (referrals_check_needs(written->needs, status) < 0)
		return -1;
	return check_birth(call, written->date_of_birth, status);
}

/* ---- what is changed ---- */

static void bind_changes(struct hearth_call *call, const bool changes[CHANGE_COUNT])
{
	hearth_bind_bool(call, "set_urgency", changes[URGENCY]);
	hearth_bind_bool(call, "set_needed_by", changes[NEEDED_BY]);
	hearth_bind_bool(call, "set_worker", changes[WORKER]);
	hearth_bind_bool(call, "set_needs", changes[NEEDS]);
	hearth_bind_bool(call, "set_date_of_birth", changes[DATE_OF_BIRTH]);
}

static void find_given(const struct written *written, bool ret_changes[CHANGE_COUNT])
{
	ret_changes[URGENCY] = written->urgency != 0;
	ret_changes[NEEDED_BY] = *written->needed_by != '\0';
	ret_changes[WORKER] = *written->worker != '\0';
	ret_changes[NEEDS] = written->needs != NULL;
	ret_changes[DATE_OF_BIRTH] = written->date_of_birth != NULL;
}

static int find_masked(size_t count, char *const *mask, bool ret_changes[CHANGE_COUNT], struct hearth_status *status)
{
	for (size_t i = 0; i < count; i++) {
		if (hearth_check_one_of(mask[i], change_names, "update_mask", status) < 0)
			return -1;
		for (size_t change = 0; change < CHANGE_COUNT; change++)
			ret_changes[change] |= strcmp(mask[i], change_names[change]) == 0;
	}
	return 0;
}

/* ---- plans ---- */

int referrals_create(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__CreateReferralRequest *request = hearth_call_request(call);
	struct written written = { (int)request->urgency, request->needed_by, request->worker, request->needs,
		                       request->date_of_birth };
	if (hearth_check_uuid_or_empty(request->referral_id, "referral_id", status) < 0 ||
	    hearth_check_uuid(request->child_id, "child_id", status) < 0)
		return -1;
	if (!request->urgency)
		return hearth_fail_field(status, "urgency", "urgency is missing: PLANNED, URGENT or EMERGENCY");
	if (check_written(call, &written, status) < 0)
		return -1;
	referrals_bind_identity(call, request->referral_id);
	referrals_bind_needs(call, request->needs);
	return 0;
}

int referrals_update(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__UpdateReferralRequest *request = hearth_call_request(call);
	struct written written = { (int)request->urgency, request->needed_by, request->worker, request->needs,
		                       request->date_of_birth };
	bool changes[CHANGE_COUNT] = { false };
	if (hearth_check_uuid(request->referral_id, "referral_id", status) < 0 || check_written(call, &written, status) < 0)
		return -1;
	if (request->n_update_mask == 0)
		find_given(&written, changes);
	else if (find_masked(request->n_update_mask, request->update_mask, changes, status) < 0)
		return -1;
	if (changes[URGENCY] && !request->urgency)
		return hearth_fail_field(status, "urgency", "urgency cannot be cleared: PLANNED, URGENT or EMERGENCY");
	bind_changes(call, changes);
	referrals_bind_needs(call, request->needs);
	referrals_bind_states(call, REFERRALS_CHANGE);
	return 0;
}

int referrals_upsert(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__UpsertReferralRequest *request = hearth_call_request(call);
	struct written written = { (int)request->urgency, request->needed_by, request->worker, request->needs,
		                       request->date_of_birth };
	bool changes[CHANGE_COUNT];
	if (hearth_check_external_id(request->external_id, "external_id", status) < 0 ||
	    hearth_check_uuid_or_empty(request->child_id, "child_id", status) < 0 || check_written(call, &written, status) < 0)
		return -1;
	find_given(&written, changes);
	bind_changes(call, changes);
	referrals_bind_identity(call, NULL);
	referrals_bind_needs(call, request->needs);
	referrals_bind_states(call, REFERRALS_CHANGE);
	return 0;
}

int referrals_open(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__OpenReferralRequest *request = hearth_call_request(call);
	referrals_bind_states(call, REFERRALS_OPEN);
	return hearth_check_uuid(request->referral_id, "referral_id", status);
}

int referrals_withdraw(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__WithdrawReferralRequest *request = hearth_call_request(call);
	referrals_bind_states(call, REFERRALS_WITHDRAW);
	if (hearth_check_uuid(request->referral_id, "referral_id", status) < 0)
		return -1;
	return hearth_check_code(request->reason, 1, 40, "reason", status);
}

int referrals_upsert_external_id(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__UpsertReferralExternalIdRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->referral_id, "referral_id", status) < 0)
		return -1;
	return hearth_check_external_id(request->external_id, "external_id", status);
}

int referrals_lookup(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__LookupReferralRequest *request = hearth_call_request(call);
	return hearth_check_external_id(request->external_id, "external_id", status);
}

int referrals_get(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__GetReferralRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->referral_id, "referral_id", status);
}

int referrals_get_detail(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__GetReferralDetailRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->referral_id, "referral_id", status);
}

int referrals_list(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__ListReferralsRequest *request = hearth_call_request(call);
	if (hearth_check_date_or_empty(request->needed_by, "needed_by", status) < 0)
		return -1;
	if (hearth_check_text(request->worker, 0, 64, "worker", status) < 0)
		return -1;
	return hearth_check_uuid_or_empty(request->child_id, "child_id", status);
}

int referrals_link_siblings(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__LinkSiblingsRequest *request = hearth_call_request(call);
	size_t count = request->n_sibling_referral_ids;
	if (hearth_check_uuid(request->referral_id, "referral_id", status) < 0 ||
	    hearth_check_range((int64_t)count, 1, 10, "sibling_referral_ids", status) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *id = request->sibling_referral_ids[i];
		if (hearth_check_uuid(id, "sibling_referral_ids", status) < 0)
			return -1;
		if (hearth_text_same(id, request->referral_id))
			return hearth_fail_field(status, "sibling_referral_ids", "a referral is no sibling of itself");
		for (size_t j = 0; j < i; j++)
			if (hearth_text_same(id, request->sibling_referral_ids[j]))
				return hearth_fail_field(status, "sibling_referral_ids", "a sibling stands twice in the list");
	}
	return 0;
}
