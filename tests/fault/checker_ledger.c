/* checker_ledger.c: the ledger is days x rates: recomputed day by day from what placements holds, not from what finance
 * was told.
 *
 * Day n of a weekly fee f costs floor(f(n+1)/7) - floor(fn/7) pence, n from 0 on the first day of the fee. Days from the
 * start to the day before the end; then the days of notice that was agreed and not given, at the last day's fee, n
 * running on. Of an open agreement all days before today are posted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/text.h>

#include "checker_parts.h"

#define UNKNOWN (-1)
#define MOST_DAYS 4000
#define YEAR_END "2026-04-01"            /* of the financial year in which every run lies */

struct day {
	int64_t due[2], posted[2];         /* ACCRUAL, NOTICE; pence */
	int lines[2];                      /* postings less reversals */
	bool priced;
};

struct fee {
	int32_t from;
	int64_t weekly;                    /* UNKNOWN: no fee */
};

struct agreement {
	const char *id, *authority, *placement_id;
	int32_t start, end, posted_to;     /* end: 0 while open */
	int notice;
	int64_t closed_total;              /* as told; UNKNOWN: not told */
	bool closed;
	struct fee *fees;
	size_t fee_count;
	struct day *days;                  /* from start */
};

static int64_t number(PGresult *rows, int row, int column, int64_t unknown)
{
	return PQgetisnull(rows, row, column) ? unknown : strtoll(PQgetvalue(rows, row, column), NULL, 10);
}

static int32_t date(PGresult *rows, int row, int column)
{
	int32_t days = 0;
	if (!PQgetisnull(rows, row, column))
		hearth_date_parse(PQgetvalue(rows, row, column), &days);
	return days;
}

static int64_t of_day(int64_t weekly, int64_t n)
{
	return weekly * (n + 1) / 7 - weekly * n / 7;
}

/* ---- what should be ---- */

static const struct fee *fee_on(const struct agreement *agreement, int32_t day)
{
	const struct fee *found = NULL;
	for (size_t i = 0; i < agreement->fee_count; i++)
		if (agreement->fees[i].from <= day && (found == NULL || agreement->fees[i].from >= found->from))
			found = &agreement->fees[i];
	return found;
}

static void charge(struct agreement *agreement, int32_t day, int kind, const struct fee *fee)
{
	struct day *at = &agreement->days[day - agreement->start];
	at->priced = fee != NULL && fee->weekly != UNKNOWN;
	if (at->priced)
		at->due[kind] = of_day(fee->weekly, day - fee->from);
}

static void reckon(struct agreement *agreement, int32_t today)
{
	int32_t to = agreement->closed ? agreement->end : today;
	for (int32_t day = agreement->start; day < to; day++)
		charge(agreement, day, 0, fee_on(agreement, day));
	if (!agreement->closed)
		return;
	int32_t last = to - 1 > agreement->start ? to - 1 : agreement->start;
	for (int32_t day = to; day < to + agreement->notice; day++)
		charge(agreement, day, 1, fee_on(agreement, last));
}

/* The last change of a day holds: fees come in the order of their recording. */
static int load_fees(PGconn *db, struct agreement *agreement, int64_t first)
{
	char sql[400];
	snprintf(sql, sizeof sql,
	         "SELECT from_date, weekly_fee_pence FROM placements.placement_fee WHERE authority = '%s' AND placement = '%s'"
	         " ORDER BY version", agreement->authority, agreement->placement_id);
	PGresult *rows = checker_read(db, sql);
	if (rows == NULL)
		return -1;
	agreement->fees = calloc((size_t)PQntuples(rows) + 1, sizeof *agreement->fees);
	if (agreement->fees == NULL)
		abort();
	agreement->fees[agreement->fee_count++] = (struct fee){ agreement->start, first };
	for (int i = 0; i < PQntuples(rows); i++) {
		int32_t from = date(rows, i, 0);
		agreement->fees[agreement->fee_count++] =
			(struct fee){ from > agreement->start ? from : agreement->start, number(rows, i, 1, UNKNOWN) };
	}
	PQclear(rows);
	return 0;
}

/* ---- what is ---- */

static void check_line(struct agreement *agreement, PGresult *rows, int i, struct checker_report *report)
{
	const char *id = PQgetvalue(rows, i, 0), *of = PQgetvalue(rows, i, 2);
	int sign = strcmp(PQgetvalue(rows, i, 1), "REVERSAL") == 0 ? -1 : 1;
	int32_t rate_from = date(rows, i, 3), from = date(rows, i, 5), to = date(rows, i, 6);
	int64_t weekly = number(rows, i, 4, 0), pence = number(rows, i, 7, 0), sum = 0;
	int kind = strcmp(of, "NOTICE") == 0;
	for (int32_t day = from; day < to; day++) {
		int64_t amount = sign * of_day(weekly, day - rate_from);
		sum += amount;
		if (day < agreement->start || day - agreement->start >= MOST_DAYS) {
			checker_say(report, "ledger: line %s of agreement %s covers days before its start or far beyond", id,
			            agreement->id);
			return;
		}
		struct day *at = &agreement->days[day - agreement->start];
		at->posted[kind] += amount;
		at->lines[kind] += sign;
	}
	if (sum != pence)
		checker_say(report, "ledger: line %s of agreement %s says %lld pence and its days come to %lld", id, agreement->id,
		            (long long)pence, (long long)sum);
}

static int load_lines(PGconn *db, struct agreement *agreement, struct checker_report *report)
{
	char sql[600];
	snprintf(sql, sizeof sql,
	         "SELECT l.id, l.kind, coalesce(r.kind, l.kind), l.rate_from, l.weekly_fee_pence, l.from_date, l.to_date, l.pence"
	         " FROM finance.ledger l LEFT JOIN finance.ledger r ON r.authority = l.authority"
	         "  AND r.agreement_id = l.agreement_id AND r.id = l.reverses"
	         " WHERE l.authority = '%s' AND l.agreement_id = '%s' AND l.line_id IS NULL"
	         " ORDER BY l.id", agreement->authority, agreement->id);
	PGresult *rows = checker_read(db, sql);
	if (rows == NULL)
		return -1;
	for (int i = 0; i < PQntuples(rows); i++)
		check_line(agreement, rows, i, report);
	PQclear(rows);
	return 0;
}

/* ---- the difference ---- */

static void compare(const struct agreement *agreement, struct checker_report *report)
{
	static const char *const kinds[] = { "accrual", "notice" };
	int64_t total = 0;
	for (int i = 0; i < MOST_DAYS; i++)
		for (int kind = 0; kind < 2; kind++) {
			const struct day *day = &agreement->days[i];
			char text[HEARTH_DATE_SIZE];
			hearth_date_format(agreement->start + i, text);
			total += day->posted[kind];
			if (day->posted[kind] != day->due[kind])
				checker_say(report, "ledger: agreement %s of placement %s has %lld pence of %s posted for %s, %lld are due",
				            agreement->id, agreement->placement_id, (long long)day->posted[kind], kinds[kind], text,
				            (long long)day->due[kind]);
			if (day->lines[kind] < 0 || day->lines[kind] > 1)
				checker_say(report, "ledger: agreement %s has %d standing lines of %s for %s", agreement->id,
				            day->lines[kind], kinds[kind], text);
		}
	if (agreement->closed && agreement->closed_total != UNKNOWN && agreement->closed_total != total)
		checker_say(report, "ledger: agreement %s was closed at %lld pence and has %lld posted", agreement->id,
		            (long long)agreement->closed_total, (long long)total);
}

/* ---- what the year costs ---- */

static struct checker_money *money_of(struct checker_report *report, const char *authority)
{
	for (size_t i = 0; i < report->money_count; i++)
		if (strcmp(report->money[i].authority, authority) == 0)
			return &report->money[i];
	if (report->money_count == CHECKER_AUTHORITIES_MOST)
		abort();
	struct checker_money *money = &report->money[report->money_count++];
	hearth_text_copy(money->authority, sizeof money->authority, authority);
	return money;
}

/* No end is planned and no birthday known: an open agreement costs its fee up to the end of the year. */
static void add_to_year(const struct agreement *agreement, int32_t today, struct checker_report *report)
{
	struct checker_money *money = money_of(report, agreement->authority);
	int32_t year_end = 0;
	hearth_date_parse(YEAR_END, &year_end);
	for (int32_t day = agreement->start; day < year_end; day++) {
		const struct day *at = &agreement->days[day - agreement->start];
		*(day < today ? &money->posted : &money->committed) += at->due[0] + at->due[1];
		const struct fee *fee = !agreement->closed && day >= today ? fee_on(agreement, day) : NULL;
		if (fee != NULL && fee->weekly != UNKNOWN)
			money->committed += of_day(fee->weekly, day - fee->from);
	}
}

static int check_agreement(PGconn *db, PGresult *rows, int i, int32_t today, struct checker_report *report)
{
	struct agreement agreement = {
		.id = PQgetvalue(rows, i, 0), .authority = PQgetvalue(rows, i, 1), .placement_id = PQgetvalue(rows, i, 2),
		.start = date(rows, i, 3), .end = date(rows, i, 4), .posted_to = date(rows, i, 8),
		.closed = !PQgetisnull(rows, i, 4), .closed_total = number(rows, i, 9, UNKNOWN),
	};
	/* Agreed and not known: none is paid. Given and not known: none was given. */
	int agreed = (int)number(rows, i, 6, 0), given = (int)number(rows, i, 7, 0) / 24;
	if (number(rows, i, 6, UNKNOWN) != number(rows, i, 10, UNKNOWN))
		checker_say(report, "ledger: agreement %s has another notice than placement %s agreed", agreement.id,
		            agreement.placement_id);
	agreement.notice = agreement.closed && agreed > given ? agreed - given : 0;
	agreement.days = calloc(MOST_DAYS, sizeof *agreement.days);
	if (agreement.days == NULL)
		abort();
	int outcome = load_fees(db, &agreement, number(rows, i, 5, UNKNOWN));
	if (outcome == 0) {
		reckon(&agreement, today);
		outcome = load_lines(db, &agreement, report);
		compare(&agreement, report);
		add_to_year(&agreement, today, report);
	}
	if (!agreement.closed && agreement.posted_to != today && agreement.start < today)
		checker_say(report, "ledger: agreement %s is open and was not posted to today", agreement.id);
	free(agreement.fees);
	free(agreement.days);
	return outcome;
}

int checker_ledger(PGconn *db, int32_t today, struct checker_report *report)
{
	PGresult *rows = checker_read(db,
		"SELECT a.id, p.authority, p.id, p.start_date, p.end_date, p.weekly_fee_pence, p.notice_days, p.notice_hours,"
		"  a.posted_to, (SELECT o.payload -> 'total' ->> 'pence' FROM finance.outbox o"
		"   WHERE o.type = 'hearth.agreement.closed.v1' AND o.aggregateid = a.id::text LIMIT 1), a.notice_days"
		" FROM finance.agreement a JOIN placements.placement p ON p.authority = a.authority AND p.id = a.placement_id"
		" WHERE p.start_date IS NOT NULL ORDER BY a.authority, a.id");
	if (rows == NULL)
		return -1;
	int outcome = 0;
	for (int i = 0; i < PQntuples(rows) && outcome == 0; i++)
		outcome = check_agreement(db, rows, i, today, report);
	PQclear(rows);
	return outcome;
}
