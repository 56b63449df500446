/* commitment.c: what a year costs, and whether the ledger holds what its facts say: rows to messages. */
#include "finance.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/finance/v1/finance.pb-c.h>

#include "verify.h"

#define VERIFY_PAGE_MOST 100
#define DIFFERENCES_MOST 500

int finance_plan_get_commitment(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__GetCommitmentRequest *request = hearth_call_request(call);
	if (request->financial_year != 0
	    && hearth_check_range(request->financial_year, 2000, 2198, "financial_year", status) != 0)
		return -1;
	if (hearth_check_date_or_empty(request->as_of, "as_of", status) != 0)
		return -1;
	if (strcmp(request->as_of, hearth_call_today(call)) > 0)
		return hearth_fail_field(status, "as_of", "as_of %s is after today (%s): what is known then is not known yet",
		                         request->as_of, hearth_call_today(call));
	return 0;
}

static char *text_of(struct hearth_call *call, const struct hearth_rows *rows, size_t row, const char *column)
{
	const char *text = hearth_rows_text(rows, row, column);
	return hearth_arena_strdup(hearth_call_arena(call), text != NULL ? text : "");
}

static Hearth__Finance__V1__CommitmentSums *sums_new(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                                                     const char *const columns[8])
{
	Hearth__Finance__V1__CommitmentSums *sums = hearth_arena_alloc(hearth_call_arena(call), sizeof *sums);
	hearth__finance__v1__commitment_sums__init(sums);
	sums->posted_pence = hearth_rows_int(rows, row, columns[0]);
	sums->unposted_pence = hearth_rows_int(rows, row, columns[1]);
	sums->committed_pence = hearth_rows_int(rows, row, columns[2]);
	sums->total_pence = hearth_rows_int(rows, row, columns[3]);
	sums->agreements = (int32_t)hearth_rows_int(rows, row, columns[4]);
	sums->unpriced = (int32_t)hearth_rows_int(rows, row, columns[5]);
	sums->unpriced_days = (int32_t)hearth_rows_int(rows, row, columns[6]);
	sums->unpriced_days_to_come = (int32_t)hearth_rows_int(rows, row, columns[7]);
	return sums;
}

static void write_group(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                        Hearth__Finance__V1__GetCommitmentResponse *reply)
{
	static const char *const columns[8] = { "posted_pence", "unposted_pence", "committed_pence", "total_pence", "agreements",
		                                    "unpriced", "unpriced_days", "unpriced_days_to_come" };
	if (hearth_rows_is_null(rows, row, "page_key"))
		return;                                /* nothing in the year: the whole alone */
	Hearth__Finance__V1__CommitmentLine *line = hearth_arena_alloc(hearth_call_arena(call), sizeof *line);
	hearth__finance__v1__commitment_line__init(line);
	line->month = text_of(call, rows, row, "month");
	line->cost_type = text_of(call, rows, row, "cost_type");
	line->provider_id = text_of(call, rows, row, "provider_id");
	line->sums = sums_new(call, rows, row, columns);
	reply->lines[reply->n_lines++] = line;
}

int finance_reply_get_commitment(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	static const char *const whole[8] = { "all_posted", "all_unposted", "all_committed", "all_total", "all_agreements",
		                                  "all_unpriced", "all_unpriced_days", "all_unpriced_to_come" };
	Hearth__Finance__V1__GetCommitmentResponse *reply = hearth_call_reply(call);
	size_t count = hearth_rows_count(rows);
	if (count == 0)
		return hearth_fail(status, HEARTH_INTERNAL, "NO_ROW", "a commitment came without its whole");
	reply->from_date = text_of(call, rows, 0, "year_from");
	reply->to_date = text_of(call, rows, 0, "year_to");
	reply->as_of = text_of(call, rows, 0, "as_of");
	reply->totals = sums_new(call, rows, 0, whole);
	reply->open_agreements = (int32_t)hearth_rows_int(rows, 0, "open_agreements");
	reply->past_planned_end = (int32_t)hearth_rows_int(rows, 0, "past_planned_end");
	reply->past_18 = (int32_t)hearth_rows_int(rows, 0, "past_18");
	reply->birthday_unknown = (int32_t)hearth_rows_int(rows, 0, "birthday_unknown");
	reply->planned_end_unknown = (int32_t)hearth_rows_int(rows, 0, "planned_end_unknown");
	reply->lines = hearth_arena_alloc(hearth_call_arena(call), count * sizeof *reply->lines);
	for (size_t row = 0; row < count; row++)
		write_group(call, rows, row, reply);
	return 0;
}

/* ---- the ledger proves itself ---- */

int finance_plan_verify_ledger(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Finance__V1__VerifyLedgerRequest *request = hearth_call_request(call);
	if (hearth_check_range(request->page_size, 0, VERIFY_PAGE_MOST, "page_size", status) != 0)
		return -1;
	return hearth_check_uuid_or_empty(request->agreement_id, "agreement_id", status);
}

/* A packed text: fields end with a space, rows with a semicolon. */
struct packed {
	struct hearth_arena *arena;
	const char *at;
};

static const char *next_text(struct packed *packed)
{
	size_t size = strcspn(packed->at, " ;");
	const char *text = hearth_arena_memdup(packed->arena, packed->at, size);
	packed->at += size + (packed->at[size] != '\0');
	return text;
}

static int64_t next_number(struct packed *packed)
{
	char *end;
	int64_t number = strtoll(packed->at, &end, 10);
	packed->at = end + (*end != '\0');
	return number;
}

static int32_t read_day(const char *text)
{
	int32_t day;
	return text != NULL && hearth_date_parse(text, &day) == 0 ? day : VERIFY_NO_DAY;
}

static int32_t next_day(struct packed *packed)
{
	char date[HEARTH_DATE_SIZE] = "";
	size_t size = strcspn(packed->at, " ;");
	memcpy(date, packed->at, size < sizeof date - 1 ? size : sizeof date - 1);
	packed->at += size + (packed->at[size] != '\0');
	return read_day(date);
}

/* The semicolon stands after the last field's space. */
static void next_row(struct packed *packed)
{
	packed->at += *packed->at == ';';
}

static struct packed unpack(struct hearth_call *call, const struct hearth_rows *rows, size_t row, const char *column,
                            size_t *ret_rows)
{
	struct packed packed = { hearth_call_arena(call), hearth_rows_text(rows, row, column) };
	*ret_rows = 0;
	for (const char *at = packed.at; *at != '\0'; at++)
		*ret_rows += *at == ';';
	return packed;
}

static const struct verify_fee *read_fees(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                                          size_t *ret_count)
{
	struct packed packed = unpack(call, rows, row, "fees", ret_count);
	struct verify_fee *fees = hearth_arena_alloc(packed.arena, (*ret_count + 1) * sizeof *fees);
	for (size_t i = 0; i < *ret_count; i++) {
		fees[i].from = next_day(&packed);
		fees[i].revision = (int32_t)next_number(&packed);
		fees[i].weekly = next_number(&packed);
		next_row(&packed);
	}
	return fees;
}

static const struct verify_line *read_lines(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                                            size_t *ret_count)
{
	struct packed packed = unpack(call, rows, row, "lines", ret_count);
	struct verify_line *lines = hearth_arena_alloc(packed.arena, (*ret_count + 1) * sizeof *lines);
	for (size_t i = 0; i < *ret_count; i++) {
		lines[i].id = next_text(&packed);
		lines[i].revision = (int32_t)next_number(&packed);
		lines[i].unit = next_text(&packed)[0];
		lines[i].amount = next_number(&packed);
		lines[i].from = next_day(&packed);
		lines[i].until = next_day(&packed);
		lines[i].withdrawn = (int)next_number(&packed);
		lines[i].posted_to = next_day(&packed);
		next_row(&packed);
	}
	return lines;
}

static const struct verify_posting *read_postings(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                                                  size_t *ret_count)
{
	struct packed packed = unpack(call, rows, row, "ledger", ret_count);
	struct verify_posting *postings = hearth_arena_alloc(packed.arena, (*ret_count + 1) * sizeof *postings);
	for (size_t i = 0; i < *ret_count; i++) {
		struct verify_posting *posting = &postings[i];
		posting->id = next_number(&packed);
		posting->kind = next_text(&packed)[0];
		posting->line_id = next_text(&packed);
		posting->rate_from = next_day(&packed);
		posting->weekly = next_number(&packed);
		posting->from = next_day(&packed);
		posting->to = next_day(&packed);
		posting->pence = next_number(&packed);
		posting->reverses = next_number(&packed);
		next_row(&packed);
	}
	return postings;
}

static int verify_row(struct hearth_call *call, const struct hearth_rows *rows, size_t row, struct verify_result *result,
                      Hearth__Finance__V1__VerifyLedgerResponse *reply, struct hearth_status *status)
{
	struct verify_agreement agreement = {
		.start = read_day(hearth_rows_text(rows, row, "start_date")),
		.end = read_day(hearth_rows_text(rows, row, "end_date")),
		.notice = (int32_t)hearth_rows_int(rows, row, "notice_paid_days"),
		.posted_to = read_day(hearth_rows_text(rows, row, "posted_to")),
	};
	agreement.fees = read_fees(call, rows, row, &agreement.fee_count);
	agreement.lines = read_lines(call, rows, row, &agreement.line_count);
	agreement.postings = read_postings(call, rows, row, &agreement.posting_count);
	int32_t first, span = finance_verify_span(&agreement, &first);
	if (span < 0)
		return hearth_fail(status, HEARTH_INTERNAL, "SPAN", "an agreement's days are more than can be");
	struct verify_day *days = hearth_arena_alloc(hearth_call_arena(call), ((size_t)span + 1) * sizeof *days);
	finance_verify(&agreement, days, first, span, result);
	reply->agreements++;
	reply->ledger_lines += (int32_t)agreement.posting_count;
	return 0;
}

static Hearth__V1__Money *pence_new(struct hearth_arena *arena, int64_t pence)
{
	Hearth__V1__Money *money = hearth_arena_alloc(arena, sizeof *money);
	hearth__v1__money__init(money);
	money->pence = pence;
	return money;
}

static char *day_new(struct hearth_arena *arena, int32_t day)
{
	char *text = hearth_arena_alloc(arena, HEARTH_DATE_SIZE);
	hearth_date_format(day, text);
	return text;
}

static Hearth__Finance__V1__LedgerDifference *difference_new(struct hearth_arena *arena, char *agreement_id,
                                                             const struct verify_difference *from)
{
	static const Hearth__Finance__V1__DifferenceKind kinds[] = {
		[VERIFY_MISSING] = HEARTH__FINANCE__V1__DIFFERENCE_KIND__MISSING,
		[VERIFY_EXTRA] = HEARTH__FINANCE__V1__DIFFERENCE_KIND__EXTRA,
		[VERIFY_WRONG_AMOUNT] = HEARTH__FINANCE__V1__DIFFERENCE_KIND__WRONG_AMOUNT,
		[VERIFY_TWICE] = HEARTH__FINANCE__V1__DIFFERENCE_KIND__TWICE,
		[VERIFY_BAD_LINE] = HEARTH__FINANCE__V1__DIFFERENCE_KIND__BAD_LINE,
		[VERIFY_BAD_REVERSAL] = HEARTH__FINANCE__V1__DIFFERENCE_KIND__BAD_REVERSAL,
		[VERIFY_BAD_TOTAL] = HEARTH__FINANCE__V1__DIFFERENCE_KIND__BAD_TOTAL,
	};
	Hearth__Finance__V1__LedgerDifference *difference = hearth_arena_alloc(arena, sizeof *difference);
	hearth__finance__v1__ledger_difference__init(difference);
	difference->agreement_id = agreement_id;
	difference->line_id = hearth_arena_strdup(arena, from->line_id[0] == '-' ? "" : from->line_id);
	difference->kind = kinds[from->kind];
	difference->from_date = day_new(arena, from->from);
	difference->to_date = day_new(arena, from->to);
	difference->expected = pence_new(arena, from->expected);
	difference->posted = pence_new(arena, from->posted);
	difference->ledger_line = from->posting;
	return difference;
}

int finance_reply_verify_ledger(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	const Hearth__Finance__V1__VerifyLedgerRequest *request = hearth_call_request(call);
	Hearth__Finance__V1__VerifyLedgerResponse *reply = hearth_call_reply(call);
	struct hearth_arena *arena = hearth_call_arena(call);
	if (hearth_rows_count(rows) == 0 && request->agreement_id[0] != '\0')
		return hearth_fail(status, HEARTH_NOT_FOUND, "NOT_FOUND", "there is no such agreement");
	struct verify_result result = { .most = DIFFERENCES_MOST };
	result.differences = hearth_arena_alloc(arena, DIFFERENCES_MOST * sizeof *result.differences);
	reply->differences = hearth_arena_alloc(arena, DIFFERENCES_MOST * sizeof *reply->differences);
	for (size_t row = 0; row < hearth_rows_count(rows); row++) {
		size_t before = result.count;
		if (verify_row(call, rows, row, &result, reply, status) != 0)
			return -1;
		for (size_t i = before; i < result.count; i++)
			reply->differences[reply->n_differences++] =
				difference_new(arena, text_of(call, rows, row, "agreement_id"), &result.differences[i]);
	}
	reply->days = (int32_t)result.days;
	reply->posted_pence = result.pence;
	reply->more_differences = (int32_t)result.more;
	return 0;
}
