/* methods.c: plans and replies of the calls of finance. Pure C: they check, bind and shape; the runtime does the rest. */
#include "finance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/finance/v1/finance.pb-c.h>

#include "accrual.h"

#define DAYS_MOST 366

int finance_plan_get_agreement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__GetAgreementRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->agreement_id, "agreement_id", status);
}

int finance_plan_lookup_agreement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__LookupAgreementRequest *request = hearth_call_request(call);
	bool by_placement = request->placement_id[0] != '\0';
	if (by_placement == (request->external_id != NULL))
		return hearth_fail_field(status, "placement_id", "give either placement_id or external_id");
	if (by_placement)
		return hearth_check_uuid(request->placement_id, "placement_id", status);
	return hearth_check_external_id(request->external_id, "external_id", status);
}

int finance_plan_list_agreements(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__ListAgreementsRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->child_id, "child_id", status) != 0)
		return -1;
	return hearth_check_uuid_or_empty(request->home_id, "home_id", status);
}

/* The ledger's pages are cut by line number, because each page is one row with the totals beside the lines. */
int finance_plan_get_ledger(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__GetLedgerRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->agreement_id, "agreement_id", status) != 0)
		return -1;
	if (hearth_check_range(request->page_size, 0, 500, "page_size", status) != 0)
		return -1;
	hearth_bind_int(call, "line_limit", (request->page_size == 0 ? 50 : request->page_size) + 1);
	if (request->page_token[0] == '\0') {
		hearth_bind_null(call, "line_after");
		return 0;
	}
	char *end;
	errno = 0;
	long long after = strtoll(request->page_token, &end, 10);
	if (errno != 0 || *end != '\0' || after <= 0)
		return hearth_fail_field(status, "page_token", "page_token is not one that GetLedger gave");
	hearth_bind_int(call, "line_after", after);
	return 0;
}

static int check_span(const char *from, const char *to, struct hearth_status *status)
{
	int32_t from_day, to_day;
	if (hearth_check_date(from, "from_date", status) != 0 || hearth_check_date(to, "to_date", status) != 0)
		return -1;
	if (hearth_date_parse(from, &from_day) != 0 || hearth_date_parse(to, &to_day) != 0 || from_day >= to_day)
		return hearth_fail_field(status, "to_date", "to_date must be after from_date (it is not included)");
	return 0;
}

int finance_plan_get_ledger_days(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__GetLedgerDaysRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->agreement_id, "agreement_id", status) != 0)
		return -1;
	const char *from = request->from_date, *to = request->to_date;
	if (from[0] != '\0' && to[0] != '\0')
		return check_span(from, to, status);
	if (from[0] != '\0')
		return hearth_check_date(from, "from_date", status);
	return hearth_check_date_or_empty(to, "to_date", status);
}

int finance_plan_get_spend(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__GetSpendRequest *request = hearth_call_request(call);
	return check_span(request->from_date, request->to_date, status);
}

int finance_plan_price_agreement(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__PriceAgreementRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->agreement_id, "agreement_id", status) != 0)
		return -1;
	if (hearth_check_date(request->from_date, "from_date", status) != 0)
		return -1;
	if (request->weekly_fee == NULL)
		return hearth_fail_field(status, "weekly_fee", "weekly_fee is missing: give pence a week");
	return hearth_check_weekly_fee(request->weekly_fee, "weekly_fee.pence", status);
}

int finance_plan_upsert_agreement_external_id(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__UpsertAgreementExternalIdRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->agreement_id, "agreement_id", status) != 0)
		return -1;
	return hearth_check_external_id(request->external_id, "external_id", status);
}

static int check_amount(const Hearth__Finance__V1__RecordAgreementLineRequest *request, struct hearth_status *status)
{
	if (request->amount == NULL)
		return 0;
	bool weekly = request->unit == HEARTH__FINANCE__V1__LINE_UNIT__WEEKLY;
	return hearth_check_range(request->amount->pence, 0, weekly ? FINANCE_MOST_WEEKLY : FINANCE_MOST_WEEKLY / 7,
	                          "amount.pence", status);
}

int finance_plan_record_agreement_line(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__RecordAgreementLineRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->agreement_id, "agreement_id", status) != 0
	    || hearth_check_uuid_or_empty(request->line_id, "line_id", status) != 0
	    || hearth_check_code(request->cost_type, 1, 32, "cost_type", status) != 0
	    || hearth_check_date(request->from_date, "from_date", status) != 0
	    || hearth_check_date_or_empty(request->to_date, "to_date", status) != 0 || check_amount(request, status) != 0)
		return -1;
	if (request->unit == HEARTH__FINANCE__V1__LINE_UNIT__LINE_UNIT_UNSPECIFIED)
		return hearth_fail_field(status, "unit", "unit is missing: WEEKLY, DAILY or ONE_OFF");
	if (request->unit == HEARTH__FINANCE__V1__LINE_UNIT__ONE_OFF && request->to_date[0] != '\0')
		return hearth_fail_field(status, "to_date", "a ONE_OFF has no to_date");
	if (request->to_date[0] != '\0' && strcmp(request->to_date, request->from_date) <= 0)
		return hearth_fail_field(status, "to_date", "to_date must be after from_date (it is not included)");
	if (request->withdrawn && request->line_id[0] == '\0')
		return hearth_fail_field(status, "withdrawn", "say which line was recorded in error: withdrawn goes with line_id");
	return 0;
}

int finance_plan_list_agreement_lines(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__ListAgreementLinesRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->agreement_id, "agreement_id", status);
}

int finance_plan_list_cost_types(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__ListCostTypesRequest *request = hearth_call_request(call);
	return hearth_check_date_or_empty(request->date, "date", status);
}

static Hearth__V1__Money *money_new(struct hearth_arena *arena, int64_t pence)
{
	Hearth__V1__Money *money = hearth_arena_alloc(arena, sizeof(*money));
	hearth__v1__money__init(money);
	money->pence = pence;
	return money;
}

/* One day from its row; the amount is the rule's, not the ledger's. */
static Hearth__Finance__V1__LedgerDay *day_new(struct hearth_arena *arena, const struct hearth_rows *rows, size_t row)
{
	Hearth__Finance__V1__LedgerDay *day = hearth_arena_alloc(arena, sizeof(*day));
	hearth__finance__v1__ledger_day__init(day);
	day->date = hearth_arena_strdup(arena, hearth_rows_text(rows, row, "date"));
	day->kind = strcmp(hearth_rows_text(rows, row, "kind"), "NOTICE") == 0 ? HEARTH__FINANCE__V1__LINE_KIND__NOTICE
	                                                                      : HEARTH__FINANCE__V1__LINE_KIND__ACCRUAL;
	day->n = (int32_t)hearth_rows_int(rows, row, "n");
	if (!hearth_rows_is_null(rows, row, "weekly_fee_pence")) {
		int64_t weekly = hearth_rows_int(rows, row, "weekly_fee_pence");
		day->weekly_fee = money_new(arena, weekly);
		day->amount = money_new(arena, finance_accrued(weekly, day->n, (int64_t)day->n + 1));
	}
	if (!hearth_rows_is_null(rows, row, "posted_pence"))
		day->posted = money_new(arena, hearth_rows_int(rows, row, "posted_pence"));
	return day;
}

int finance_reply_get_ledger_days(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	Hearth__Finance__V1__GetLedgerDaysResponse *reply = hearth_call_reply(call);
	struct hearth_arena *arena = hearth_call_arena(call);
	size_t count = hearth_rows_count(rows);
	if (count == 0)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "there is no such agreement");
	reply->agreement_id = hearth_arena_strdup(arena, hearth_rows_text(rows, 0, "agreement_id"));
	if (hearth_rows_is_null(rows, 0, "date"))
		count = 0;
	reply->days = hearth_arena_alloc(arena, (count + 1) * sizeof(*reply->days));
	int64_t total = 0;
	for (size_t i = 0; i < count && i < DAYS_MOST; i++) {
		Hearth__Finance__V1__LedgerDay *day = day_new(arena, rows, i);
		reply->days[reply->n_days++] = day;
		reply->unpriced_days += day->amount == NULL;
		total += day->amount == NULL ? 0 : day->amount->pence;
	}
	if (reply->unpriced_days == 0)
		reply->total = money_new(arena, total);
	return 0;
}
