/* routes_block.c: GetBlockReport: rows of sql/block_report.sql to terms, a day of block_usage.c at a time, sums to the
 * reply. */
#include "providers.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>

#include "block_usage.h"

#define MOST_STAYS 20000

struct buyer {
	const char *authority, *part;
};

struct report {
	bool read;
	struct block_terms terms;
	struct block_usage usage;
	struct buyer buyers[BLOCK_MOST_BUYERS];
	bool use_known[BLOCK_MOST_BUYERS];
	int64_t homes_fee;           /* mean of what its homes cost at spot; BLOCK_UNKNOWN */
};

int providers_block_report(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetBlockReportRequest *request = hearth_call_request(call);
	int32_t from, until;
	if (hearth_check_uuid(request->contract_id, "contract_id", status) < 0 ||
	    hearth_check_date(request->from_date, "from_date", status) < 0 ||
	    hearth_check_date(request->until_date, "until_date", status) < 0 ||
	    hearth_check_weekly_fee(request->spot_weekly_fee, "spot_weekly_fee.pence", status) < 0)
		return -1;
	hearth_date_parse(request->from_date, &from);
	hearth_date_parse(request->until_date, &until);
	if (until <= from || until - from > BLOCK_MOST_DAYS)
		return hearth_fail_field(status, "until_date", "until_date is %s: a day after from_date is wanted, at most %d days after",
		                         request->until_date, BLOCK_MOST_DAYS);
	return 0;
}

/* ---- rows ---- */

static bool is_item(const struct hearth_rows *rows, size_t row, char item)
{
	return hearth_rows_text(rows, row, "item")[0] == item;
}

static int64_t amount_of(const struct hearth_rows *rows, size_t row)
{
	return hearth_rows_is_null(rows, row, "amount") ? BLOCK_UNKNOWN : hearth_rows_int(rows, row, "amount");
}

static int32_t day_of(const struct hearth_rows *rows, size_t row, const char *column)
{
	return (int32_t)hearth_rows_int(rows, row, column);
}

static int32_t buyer_at(struct hearth_arena *arena, struct report *report, const char *authority, const char *part)
{
	size_t at = 0;
	for (; at < report->terms.buyer_count; at++)
		if (strcmp(report->buyers[at].authority, authority) == 0 && strcmp(report->buyers[at].part, part) == 0)
			return (int32_t)at;
	if (at == BLOCK_MOST_BUYERS)
		return -1;
	report->buyers[at] = (struct buyer){ hearth_arena_strdup(arena, authority), hearth_arena_strdup(arena, part) };
	report->terms.buyer_count++;
	return (int32_t)at;
}

/* Whose part in the block a council's children use: CHILDREN, or the only one it has; -1: none. */
static int32_t using_part(const struct report *report, const char *authority)
{
	int32_t found = -1;
	size_t parts = 0;
	for (size_t i = 0; i < report->terms.buyer_count; i++) {
		if (strcmp(report->buyers[i].authority, authority) != 0)
			continue;
		if (strcmp(report->buyers[i].part, "CHILDREN") == 0)
			return (int32_t)i;
		found = (int32_t)i;
		parts++;
	}
	return parts == 1 ? found : -1;
}

static int read_shares(struct hearth_arena *arena, struct report *report, const struct hearth_rows *rows,
                       struct hearth_status *status)
{
	struct block_share *shares = hearth_arena_alloc(arena, (hearth_rows_count(rows) + 1) * sizeof *shares);
	for (size_t row = 0; row < hearth_rows_count(rows); row++) {
		if (!is_item(rows, row, 'C'))
			continue;
		int32_t buyer = buyer_at(arena, report, hearth_rows_text(rows, row, "authority"), hearth_rows_text(rows, row, "part"));
		if (buyer < 0)
			return hearth_fail(status, HEARTH_INTERNAL, "TOO_MANY_COMMISSIONERS", "a block has more than %d commissioners",
			                   BLOCK_MOST_BUYERS);
		shares[report->terms.share_count++] = (struct block_share){ day_of(rows, row, "from_day"),
			day_of(rows, row, "until_day"), buyer, amount_of(rows, row) };
	}
	report->terms.shares = shares;
	for (size_t i = 0; i < report->terms.buyer_count; i++)
		report->use_known[i] = using_part(report, report->buyers[i].authority) == (int32_t)i;
	report->terms.use_known = report->use_known;
	return 0;
}

static void read_fees(struct hearth_arena *arena, struct report *report, const struct hearth_rows *rows)
{
	struct block_fee *fees = hearth_arena_alloc(arena, (hearth_rows_count(rows) + 1) * sizeof *fees);
	report->homes_fee = BLOCK_UNKNOWN;
	for (size_t row = 0; row < hearth_rows_count(rows); row++) {
		if (is_item(rows, row, 'F'))
			fees[report->terms.fee_count++] = (struct block_fee){ day_of(rows, row, "from_day"),
				day_of(rows, row, "until_day"), amount_of(rows, row) };
		else if (is_item(rows, row, 'S'))
			report->homes_fee = amount_of(rows, row);
	}
	report->terms.fees = fees;
}

static int read_stays(struct hearth_arena *arena, struct report *report, const struct hearth_rows *rows,
                      struct hearth_status *status)
{
	struct block_stay *stays = hearth_arena_alloc(arena, (hearth_rows_count(rows) + 1) * sizeof *stays);
	for (size_t row = 0; row < hearth_rows_count(rows); row++)
		if (is_item(rows, row, 'L'))
			stays[report->terms.stay_count++] = (struct block_stay){ day_of(rows, row, "from_day"),
				day_of(rows, row, "until_day"), using_part(report, hearth_rows_text(rows, row, "authority")),
				amount_of(rows, row) };
	report->terms.stays = stays;
	if (report->terms.stay_count > MOST_STAYS)
		return hearth_fail(status, HEARTH_RESOURCE_EXHAUSTED, "TOO_MANY_STAYS",
		                   "%zu stays were found, at most %d are reckoned: ask for fewer days", report->terms.stay_count,
		                   MOST_STAYS);
	return 0;
}

static int read_terms(struct hearth_call *call, struct report *report, const struct hearth_rows *rows,
                      struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	if (hearth_rows_count(rows) == 0 || !is_item(rows, 0, 'H'))
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "there is no such contract of this council");
	const char *kind = hearth_rows_text(rows, 0, "authority");
	if (strcmp(kind, "BLOCK") != 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NOT_A_BLOCK", "the contract is of kind %s: BLOCK is wanted", kind);
	report->terms.from = day_of(rows, 0, "from_day");
	report->terms.until = day_of(rows, 0, "until_day");
	if (read_shares(arena, report, rows, status) < 0)
		return -1;
	read_fees(arena, report, rows);
	report->read = true;
	return read_stays(arena, report, rows, status);
}

/* ---- the reply ---- */

static Hearth__V1__Count *count_of(struct hearth_arena *arena, int64_t value)
{
	if (value == BLOCK_UNKNOWN)
		return NULL;
	Hearth__V1__Count *count = hearth_arena_alloc(arena, sizeof *count);
	hearth__v1__count__init(count);
	count->value = value;
	return count;
}

static Hearth__V1__Money *money_of(struct hearth_arena *arena, int64_t pence)
{
	if (pence == BLOCK_UNKNOWN)
		return NULL;
	Hearth__V1__Money *money = hearth_arena_alloc(arena, sizeof *money);
	hearth__v1__money__init(money);
	money->pence = pence;
	return money;
}

static char *date_of(struct hearth_arena *arena, int32_t day)
{
	char text[HEARTH_DATE_SIZE];
	hearth_date_format(day, text);
	return hearth_arena_strdup(arena, text);
}

static Hearth__Providers__V1__BlockSums *sums_of(struct hearth_arena *arena, const struct block_sums *from)
{
	Hearth__Providers__V1__BlockSums *sums = hearth_arena_alloc(arena, sizeof *sums);
	hearth__providers__v1__block_sums__init(sums);
	sums->nights_paid = count_of(arena, from->paid);
	sums->nights_used = count_of(arena, from->used);
	sums->nights_void = count_of(arena, from->voids);
	sums->nights_beyond = count_of(arena, from->beyond);
	sums->paid = money_of(arena, from->paid_pence);
	sums->void_cost = money_of(arena, from->void_pence);
	sums->used_permille = count_of(arena, block_permille(from->used, from->paid));
	return sums;
}

static void add_day(struct hearth_call *call, int32_t day, const struct block_day *from)
{
	struct hearth_arena *arena = hearth_call_arena(call);
	Hearth__Providers__V1__BlockDay item = HEARTH__PROVIDERS__V1__BLOCK_DAY__INIT;
	item.date = date_of(arena, day);
	item.places = count_of(arena, from->places);
	item.used = count_of(arena, from->used);
	item.void_places = count_of(arena, from->voids);
	item.void_cost = money_of(arena, from->void_pence);
	hearth_reply_add(call, "days", &item.base);
}

static void fill_commissioners(struct hearth_arena *arena, const struct report *report,
                               Hearth__Providers__V1__GetBlockReportResponse *reply)
{
	reply->commissioners = hearth_arena_alloc(arena, BLOCK_MOST_BUYERS * sizeof *reply->commissioners);
	for (size_t i = 0; i < report->terms.buyer_count; i++) {
		Hearth__Providers__V1__BlockCommissioner *buyer = hearth_arena_alloc(arena, sizeof *buyer);
		const struct block_sums *sums = &report->usage.buyers[i];
		hearth__providers__v1__block_commissioner__init(buyer);
		buyer->authority = hearth_arena_strdup(arena, report->buyers[i].authority);
		buyer->part = hearth_arena_strdup(arena, report->buyers[i].part);
		buyer->share_permille = count_of(arena, block_permille(sums->paid, report->usage.all.paid));
		buyer->sums = sums_of(arena, sums);
		reply->commissioners[reply->n_commissioners++] = buyer;
	}
}

static void fill(struct hearth_call *call, const struct report *report)
{
	const Hearth__Providers__V1__GetBlockReportRequest *request = hearth_call_request(call);
	Hearth__Providers__V1__GetBlockReportResponse *reply = hearth_call_reply(call);
	struct hearth_arena *arena = hearth_call_arena(call);
	const struct block_sums *all = &report->usage.all;
	int64_t spot = request->spot_weekly_fee ? request->spot_weekly_fee->pence : report->homes_fee;
	reply->contract_id = hearth_arena_strdup(arena, request->contract_id);
	reply->from_date = date_of(arena, report->terms.from);
	reply->until_date = date_of(arena, report->terms.until);
	reply->sums = sums_of(arena, all);
	fill_commissioners(arena, report, reply);
	reply->other_nights = report->usage.other_nights;
	reply->spot_weekly_fee = money_of(arena, spot);
	reply->spot_source = hearth_arena_strdup(arena, request->spot_weekly_fee ? "GIVEN" : spot == BLOCK_UNKNOWN ? "" : "HOMES");
	reply->break_even_permille = count_of(arena, block_break_even(all->paid_pence, all->paid, spot));
}

int providers_block_reported(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                             struct hearth_status *status)
{
	struct report *report = hearth_call_state(call, sizeof *report);
	if (!report->read && read_terms(call, report, rows, status) < 0)
		return -1;
	while (report->terms.buyer_count && report->terms.from + report->usage.days < report->terms.until) {
		struct block_day day;
		int32_t date = report->terms.from + report->usage.days;
		block_usage_day(&report->usage, &report->terms, &day);
		add_day(call, date, &day);
		if (!hearth_budget_left(budget))
			return HEARTH_STEP_MORE;
	}
	fill(call, report);
	return HEARTH_STEP_DONE;
}
