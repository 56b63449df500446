/* offers.c: plans of the calls about offers. */
#include "referrals.h"

#include <ctype.h>
#include <string.h>

#include <hearth/text.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

static int check_placement_type(const char *value, struct hearth_status *status)
{
	if (!*value)
		return 0;
	if (strlen(value) == 2 && isupper((unsigned char)value[0]) && isdigit((unsigned char)value[1]))
		return 0;
	return hearth_fail_field(status, "placement_type",
	                         "placement_type is no SSDA903 PLACE code: a capital letter and a digit, such as U6");
}

static int check_terms(const Hearth__Referrals__V1__RecordOfferRequest *request, struct hearth_status *status)
{
	if (hearth_check_weekly_fee(request->weekly_fee, "weekly_fee.pence", status) < 0)
		return -1;
	if (hearth_check_count(request->notice_days, 365, "notice_days.value", status) < 0)
		return -1;
	if (hearth_check_date_or_empty(request->start_date, "start_date", status) < 0)
		return -1;
	return check_placement_type(request->placement_type, status);
}

int referrals_record_offer(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__RecordOfferRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->offer_id, "offer_id", status) < 0)
		return -1;
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0)
		return -1;
	if (hearth_check_uuid(request->referral_id, "referral_id", status) < 0 ||
	    hearth_check_uuid(request->home_id, "home_id", status) < 0 || check_terms(request, status) < 0)
		return -1;
	struct hearth_uuid uuid;
	char id[HEARTH_UUID_SIZE];
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, id);
	hearth_bind_text(call, "id", *request->offer_id ? request->offer_id : id);
	referrals_bind_states(call, REFERRALS_OFFER);
	return 0;
}

int referrals_decline_offer(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__DeclineOfferRequest *request = hearth_call_request(call);
	referrals_bind_states(call, REFERRALS_OFFER);
	if (hearth_check_uuid(request->offer_id, "offer_id", status) < 0)
		return -1;
	return hearth_check_code(request->reason, 1, 40, "reason", status);
}

int referrals_accept_offer(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Referrals__V1__AcceptOfferRequest *request = hearth_call_request(call);
	int64_t hours = request->hold_hours ? request->hold_hours : hearth_config_int(hearth_call_config(call), "hold-hours");
	referrals_bind_states(call, REFERRALS_ACCEPT);
	hearth_bind_int(call, "hold_hours", hours);
	if (hearth_check_uuid(request->offer_id, "offer_id", status) < 0)
		return -1;
	return hearth_check_range(hours, 1, 720, "hold_hours", status);
}
