/* test_commitment.c: lines of other costs, what a year costs, and the ledger that proves itself; through the real programs.
 *
 * The property test keeps its own book of what it did and counts days one by one; everything else is made up. Time only
 * goes forward: the tests run in the order of their years.
 */
/* links: services/finance/accrual.c */
#include "../support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hearth/clock.h>
#include <hearth/finance/v1/finance.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>

#include "../../services/finance/accrual.h"
#include "../support/json_call.h"
#include "../support/suite.h"
#include "tables.h"

static const char *const services[] = { "placements", "providers", "finance", NULL };
static struct suite *suite;
static char today[HEARTH_DATE_SIZE] = "2024-02-01";

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .services = services, .clock = "2024-02-01T09:00:00Z" });
	if (suite == NULL)
		exit(1);
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		exit(1);
}

struct calls {
	struct json_calls placements, providers, finance;
};

static struct calls of_authority(const char *authority)
{
	struct hearth_client *client = suite_client(suite, authority, SUITE_ALL_ROLES);
	ck_assert_ptr_nonnull(client);
	return (struct calls){ { client, &hearth__placements__v1__placements__descriptor },
		                   { client, &hearth__providers__v1__providers__descriptor },
		                   { client, &hearth__finance__v1__finance__descriptor } };
}

/* Until nothing is left to hear or to do. */
static void settle(void)
{
	char filled[1024];
	snprintf(filled, sizeof filled,
	         "SELECT (coalesce((SELECT seq FROM finance.cursor WHERE source = 'placements'), 0) >="
	         " coalesce((SELECT max(seq) FROM placements.outbox), 0) AND"
	         " coalesce((SELECT seq FROM finance.cursor WHERE source = 'providers'), 0) >="
	         " coalesce((SELECT max(seq) FROM providers.outbox), 0) AND"
	         " NOT EXISTS (SELECT FROM finance.agreement WHERE state = 'OPEN' AND posted_to < '%s') AND"
	         " NOT EXISTS (SELECT FROM finance.agreement_line WHERE posted_to < '%s'))::int",
	         today, today);
	for (int i = 0; i < 2000; i++) {
		if (tables_number(suite, filled) == 1)
			return;
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	}
	ck_abort_msg("finance does not come to rest");
}

static void drive(const char *date)
{
	char at[32];
	snprintf(at, sizeof at, "%sT09:00:00Z", date);
	ck_assert_int_eq(suite_clock(suite, at), 0);
	snprintf(today, sizeof today, "%s", date);
	settle();
}

static void text_of(int32_t day, char ret_text[HEARTH_DATE_SIZE])
{
	hearth_date_format(day, ret_text);
}

static int32_t day_of(const char *text)
{
	int32_t day;
	ck_assert_int_eq(hearth_date_parse(text, &day), 0);
	return day;
}

/* A child that lives in a home; born "" and fee -1: not known. */
static void place(const struct calls *calls, const char *born, const char *home, const char *start, int64_t fee,
                  const char *planned_end, char ret_placement[64], char ret_agreement[64])
{
	char birth[64] = "", money[64] = "", where[96] = "";
	if (born[0] != '\0')
		snprintf(birth, sizeof birth, "'dateOfBirth': {'value': '%s'}", born);
	if (fee >= 0)
		snprintf(money, sizeof money, ", 'weeklyFee': {'pence': %lld}", (long long)fee);
	if (home[0] != '\0')
		snprintf(where, sizeof where, ", 'homeId': '%s'", home);
	json_t *child = json_call(&calls->placements, "CreateChild", "{%s}", birth);
	json_t *planned = json_call(&calls->placements, "PlanPlacement", "{'childId': '%s', 'plannedStart': '%s', 'plannedEnd':"
	                            "'%s', 'noticeDays': {'value': 7}%s%s}", json_at(child, "child.id"), start, planned_end, money,
	                            where);
	snprintf(ret_placement, 64, "%s", json_at(planned, "placement.id"));
	json_decref(child);
	json_decref(planned);
	json_decref(json_call(&calls->placements, "StartPlacement", "{'placementId': '%s'}", ret_placement));
	settle();
	json_t *agreement = json_call(&calls->finance, "LookupAgreement", "{'placementId': '%s'}", ret_placement);
	snprintf(ret_agreement, 64, "%s", json_at(agreement, "agreement.id"));
	json_decref(agreement);
}

static void home_of_provider(const struct calls *calls, const char *key, char ret_home[64], char ret_provider[64])
{
	json_t *provider = json_call(&calls->providers, "UpsertProvider", "{'externalId': {'system': 'test', 'id': '%s'},"
	                             "'name': 'Provider of the tests'}", key);
	snprintf(ret_provider, 64, "%s", json_at(provider, "provider.id"));
	json_t *home = json_call(&calls->providers, "UpsertHome", "{'externalId': {'system': 'test', 'id': '%s'}, 'providerId':"
	                         "'%s', 'name': 'Home of the tests', 'kind': 'FOSTERING', 'places': 9}", key, ret_provider);
	snprintf(ret_home, 64, "%s", json_at(home, "home.id"));
	json_decref(provider);
	json_decref(home);
	settle();
}

static json_t *commitment(const struct calls *calls, int year, const char *as_of, const char *grouping)
{
	return json_call(&calls->finance, "GetCommitment", "{'financialYear': %d, 'asOf': '%s', 'pageSize': 500%s}", year, as_of,
	                 grouping);
}

#define PENCE(reply, field) ((int64_t)json_number_at(reply, "totals." field "Pence"))

static int64_t sum_of(const json_t *reply, const char *field)
{
	int64_t sum = 0;
	size_t i;
	const json_t *line;
	json_array_foreach(json_object_get(reply, "lines"), i, line)
		sum += strtoll(json_string_value(json_object_get(json_object_get(line, "sums"), field)), NULL, 10);
	return sum;
}

/* Any grouping comes to the same; the month's total. */
static int64_t of_month(const json_t *reply, const char *month)
{
	size_t i;
	const json_t *line;
	json_array_foreach(json_object_get(reply, "lines"), i, line)
		if (strcmp(json_string_value(json_object_get(line, "month")), month) == 0)
			return strtoll(json_string_value(json_object_get(json_object_get(line, "sums"), "totalPence")), NULL, 10);
	return 0;
}

static void check_groupings(const struct calls *calls, int year, const char *as_of)
{
	static const char *const groupings[] = { ", 'byMonth': true", ", 'byCostType': true", ", 'byProvider': true",
		", 'byMonth': true, 'byCostType': true", ", 'byMonth': true, 'byCostType': true, 'byProvider': true" };
	static const char *const fields[] = { "postedPence", "unpostedPence", "committedPence", "totalPence" };
	json_t *whole = commitment(calls, year, as_of, "");
	for (size_t i = 0; i < sizeof groupings / sizeof groupings[0]; i++) {
		json_t *grouped = commitment(calls, year, as_of, groupings[i]);
		for (size_t field = 0; field < 4; field++) {
			char path[64];
			snprintf(path, sizeof path, "totals.%s", fields[field]);
			ck_assert_int_eq(json_number_at(grouped, path), json_number_at(whole, path));
			ck_assert_msg(sum_of(grouped, fields[field]) == json_number_at(whole, path), "%s%s", fields[field], groupings[i]);
		}
		json_decref(grouped);
	}
	json_decref(whole);
}

static void check_proven(const struct calls *calls)
{
	char token[256] = "";
	do {
		json_t *proof = json_call(&calls->finance, "VerifyLedger", "{'pageSize': 7, 'pageToken': '%s'}", token);
		char *text = json_dumps(json_object_get(proof, "differences"), JSON_COMPACT);
		ck_assert_msg(json_count_at(proof, "differences") == 0, "%.600s", text);
		ck_assert_int_gt(json_number_at(proof, "agreements"), 0);
		snprintf(token, sizeof token, "%s", json_at(proof, "nextPageToken"));
		free(text);
		json_decref(proof);
	} while (token[0] != '\0');
}

START_TEST(a_year_is_committed_to_the_earliest_of_planned_end_birthday_and_31_march)
{
	struct calls calls = of_authority("941");
	char home[64], provider[64], placement[64], planned[64], young[64], open[64], bare[64];
	drive("2024-02-10");
	home_of_provider(&calls, "C1", home, provider);
	place(&calls, "2012-05-05", home, "2024-02-10", 70000, "2024-06-01", placement, planned);
	place(&calls, "2006-04-21", home, "2024-02-10", 7000, "", placement, young);
	place(&calls, "", "", "2024-02-10", 700, "", placement, open);
	place(&calls, "2010-01-01", home, "2024-02-10", -1, "", placement, bare);
	json_t *this_year = commitment(&calls, 2023, "", "");
	/* 10 February to 31 March in a leap year: 51 days, of each. */
	ck_assert_int_eq(PENCE(this_year, "committed"), 51 * (10000 + 1000 + 100));
	ck_assert_int_eq(PENCE(this_year, "posted"), 0);
	ck_assert_int_eq(json_number_at(this_year, "totals.unpriced"), 1);
	ck_assert_int_eq(json_number_at(this_year, "totals.unpricedDaysToCome"), 51);
	ck_assert_int_eq(json_number_at(this_year, "openAgreements"), 4);
	ck_assert_int_eq(json_number_at(this_year, "birthdayUnknown"), 1);
	ck_assert_int_eq(json_number_at(this_year, "plannedEndUnknown"), 3);
	json_decref(this_year);
	/* 61 days to 1 June, 20 days to the 18th birthday on 21 April, a whole year. */
	json_t *next_year = commitment(&calls, 2024, "", ", 'byMonth': true");
	ck_assert_int_eq(PENCE(next_year, "total"), 61 * 10000 + 20 * 1000 + 365 * 100);
	ck_assert_int_eq(of_month(next_year, "2024-04"), 30 * 10000 + 20 * 1000 + 30 * 100);
	ck_assert_int_eq(of_month(next_year, "2024-05"), 31 * 10000 + 31 * 100);
	ck_assert_int_eq(of_month(next_year, "2025-03"), 31 * 100);
	json_decref(next_year);
	check_groupings(&calls, 2023, "");
	/* Past both, they live there still: paid day by day, and committed no further. */
	drive("2024-07-01");
	json_t *later = commitment(&calls, 2024, "", "");
	ck_assert_int_eq(PENCE(later, "posted"), 91 * (10000 + 1000 + 100));
	ck_assert_int_eq(PENCE(later, "committed"), 274 * 100);
	ck_assert_int_eq(json_number_at(later, "pastPlannedEnd"), 1);
	ck_assert_int_eq(json_number_at(later, "past18"), 1);
	json_decref(later);
	/* The day before is as it was. */
	json_t *again = commitment(&calls, 2024, "2024-02-10", "");
	ck_assert_int_eq(PENCE(again, "total"), 61 * 10000 + 20 * 1000 + 365 * 100);
	json_decref(again);
	check_proven(&calls);
}
END_TEST

START_TEST(lines_of_other_costs_are_posted_corrected_and_end_with_the_placement)
{
	struct calls calls = of_authority("942");
	char home[64], provider[64], placement[64], agreement[64], line[64];
	drive("2024-09-02");
	home_of_provider(&calls, "C2", home, provider);
	place(&calls, "2012-05-05", home, "2024-09-02", 70000, "", placement, agreement);
	json_t *daily = json_call(&calls.finance, "RecordAgreementLine", "{'agreementId': '%s', 'costType': 'EDUCATION',"
	                          "'unit': 'DAILY', 'amount': {'pence': 4501}, 'fromDate': '2024-09-03'}", agreement);
	snprintf(line, sizeof line, "%s", json_at(daily, "line.id"));
	json_decref(daily);
	json_decref(json_call(&calls.finance, "RecordAgreementLine", "{'agreementId': '%s', 'costType': 'OTHER', 'unit':"
	                      "'ONE_OFF', 'amount': {'pence': 12345}, 'fromDate': '2024-09-04'}", agreement));
	json_decref(json_call(&calls.finance, "RecordAgreementLine", "{'agreementId': '%s', 'costType': 'HEALTH', 'unit':"
	                      "'WEEKLY', 'fromDate': '2024-09-05', 'toDate': '2024-09-08'}", agreement));
	drive("2024-09-10");
	json_t *cost = commitment(&calls, 2024, "", ", 'byCostType': true");
	ck_assert_int_eq(PENCE(cost, "posted"), 8 * 10000 + 7 * 4501 + 12345);
	ck_assert_int_eq(PENCE(cost, "unposted"), 0);
	ck_assert_int_eq(json_number_at(cost, "totals.unpriced"), 1);
	ck_assert_int_eq(json_number_at(cost, "totals.unpricedDays"), 3);
	ck_assert_uint_eq(json_count_at(cost, "lines"), 4);
	ck_assert_str_eq(json_at(cost, "lines.0.costType"), "CORE");
	json_decref(cost);
	json_t *spend = json_call(&calls.finance, "GetSpend", "{'fromDate': '2024-09-01', 'toDate': '2024-10-01'}");
	ck_assert_int_eq(json_number_at(spend, "unpriced"), 1);
	ck_assert_int_eq(json_number_at(spend, "totals.totalPence"), 8 * 10000 + 7 * 4501 + 12345);
	json_decref(spend);
	/* It was 4000: what is posted is taken back and posted again. */
	json_decref(json_call(&calls.finance, "RecordAgreementLine", "{'agreementId': '%s', 'lineId': '%s', 'costType':"
	                      "'EDUCATION', 'unit': 'DAILY', 'amount': {'pence': 4000}, 'fromDate': '2024-09-03'}", agreement, line));
	json_t *lines = json_call(&calls.finance, "ListAgreementLines", "{'agreementId': '%s'}", agreement);
	ck_assert_uint_eq(json_count_at(lines, "lines"), 4);
	ck_assert_str_eq(json_at(lines, "lines.0.costType"), "CORE");
	json_decref(lines);
	drive("2024-09-12");
	/* It had ended on the 9th: lines end with it; notice is of the fee alone. */
	json_decref(json_call(&calls.placements, "EndPlacement", "{'placementId': '%s', 'endDate': '2024-09-09', 'reason':"
	                      "'CARPL', 'noticeHours': {'value': 168}}", placement));
	settle();
	json_t *ledger = json_call(&calls.finance, "GetLedger", "{'agreementId': '%s'}", agreement);
	ck_assert_int_eq(json_number_at(ledger, "totals.totalPence"), 7 * 10000 + 6 * 4000 + 12345);
	json_decref(ledger);
	drive("2024-10-01");
	cost = commitment(&calls, 2024, "", "");
	ck_assert_int_eq(PENCE(cost, "total"), 7 * 10000 + 6 * 4000 + 12345);
	ck_assert_int_eq(PENCE(cost, "committed"), 0);
	json_decref(cost);
	/* As it was known on the 11th, before the end was: the 10th was over, and nothing ran that would have posted it. */
	cost = commitment(&calls, 2024, "2024-09-11", "");
	ck_assert_int_eq(PENCE(cost, "posted"), 8 * 10000 + 7 * 4000 + 12345);
	ck_assert_int_eq(PENCE(cost, "unposted"), 10000 + 4000);
	json_decref(cost);
	check_proven(&calls);
	check_groupings(&calls, 2024, "");
}
END_TEST

/* ---- the property ---- */

#define PEOPLE 6
#define FEES_MOST 40

/* What was done, in the test's own book. */
struct book {
	char placement[64], agreement[64];
	int32_t start, end;                    /* end 0: lives there */
	int32_t notice;
	struct { int32_t from; int64_t fee; } fees[FEES_MOST];
	size_t fee_count;
	struct { char id[64]; int32_t from, until; int64_t daily; } line;
};

static int64_t fee_of(const struct book *book, int32_t day, int32_t *ret_from)
{
	int64_t fee = -1;
	*ret_from = book->start - 1;
	for (size_t i = 0; i < book->fee_count; i++)
		if (book->fees[i].from <= day && book->fees[i].from >= *ret_from) {
			fee = book->fees[i].fee;
			*ret_from = book->fees[i].from;
		}
	return fee;
}

/* Pence of one day by the book, and whether it has no price. */
static int64_t day_by_hand(const struct book *book, int32_t day, bool *ret_unpriced)
{
	int32_t lived = book->end != 0 ? book->end : INT32_MAX, from;
	int64_t pence = 0;
	*ret_unpriced = false;
	if (day >= book->start && (day < lived || day < book->end + book->notice)) {
		int32_t asked = day < lived ? day : lived - 1 > book->start ? lived - 1 : book->start;
		int64_t fee = fee_of(book, asked, &from);
		*ret_unpriced = fee < 0;
		pence += fee < 0 ? 0 : finance_accrued(fee, day - from, day - from + 1);
	}
	if (book->line.id[0] != '\0' && day >= book->line.from && day < book->line.until && day < lived)
		pence += book->line.daily;
	return pence;
}

static void compare_with_book(const struct calls *calls, const struct book *books, size_t count)
{
	int32_t now = day_of(today);
	int year, month, of_month_day;
	hearth_date_split(now, &year, &month, &of_month_day);
	year -= month < 4;
	for (int at = year - 1; at <= year; at++) {
		int64_t posted = 0, committed = 0, unpriced = 0;
		for (int32_t day = hearth_date_join(at, 4, 1); day < hearth_date_join(at + 1, 4, 1); day++)
			for (size_t i = 0; i < count; i++) {
				bool bare;
				int64_t pence = day_by_hand(&books[i], day, &bare);
				*(day < now ? &posted : &committed) += pence;
				unpriced += bare;
			}
		json_t *reply = commitment(calls, at, "", "");
		ck_assert_msg(PENCE(reply, "posted") == posted, "%d on %s: posted %lld, by hand %lld", at, today,
		              (long long)PENCE(reply, "posted"), (long long)posted);
		ck_assert_int_eq(PENCE(reply, "unposted"), 0);
		ck_assert_int_eq(PENCE(reply, "committed"), committed);
		ck_assert_int_eq(json_number_at(reply, "totals.unpricedDays")
		                 + json_number_at(reply, "totals.unpricedDaysToCome"), unpriced);
		json_decref(reply);
		check_groupings(calls, at, "");
	}
	check_proven(calls);
}

static void change_fee(const struct calls *calls, struct book *book, int32_t now)
{
	char from[HEARTH_DATE_SIZE], money[64] = "";
	if (book->fee_count == FEES_MOST)
		return;
	int32_t day = book->start + (int32_t)(random() % (now - book->start + 10));
	int64_t fee = random() % 5 == 0 ? -1 : 1 + random() % 300000;
	text_of(day, from);
	if (fee >= 0)
		snprintf(money, sizeof money, ", 'weeklyFee': {'pence': %lld}", (long long)fee);
	json_decref(json_call(&calls->placements, "VaryPlacement", "{'placementId': '%s', 'fromDate': '%s'%s}", book->placement,
	                      from, money));
	book->fees[book->fee_count].from = day;
	book->fees[book->fee_count++].fee = fee;
}

static void change_line(const struct calls *calls, struct book *book, int32_t now)
{
	char from[HEARTH_DATE_SIZE], until[HEARTH_DATE_SIZE];
	book->line.from = book->start + (int32_t)(random() % (now - book->start + 1));
	book->line.until = book->line.from + 1 + (int32_t)(random() % 200);
	book->line.daily = random() % 20000;
	text_of(book->line.from, from);
	text_of(book->line.until, until);
	json_t *line = json_call(&calls->finance, "RecordAgreementLine", "{'agreementId': '%s', 'lineId': '%s', 'costType':"
	                         "'ADDITIONAL_SUPPORT', 'unit': 'DAILY', 'amount': {'pence': %lld}, 'fromDate': '%s', 'toDate':"
	                         "'%s'}", book->agreement, book->line.id, (long long)book->line.daily, from, until);
	snprintf(book->line.id, sizeof book->line.id, "%s", json_at(line, "line.id"));
	json_decref(line);
}

static void end_or_break(const struct calls *calls, struct book *book, int32_t now)
{
	char end[HEARTH_DATE_SIZE];
	book->end = book->start + (int32_t)(random() % (now - book->start + 1));
	if (book->line.id[0] != '\0' && book->end <= book->line.from)
		book->end = book->line.from + 1 > now ? now : book->line.from + 1;
	text_of(book->end, end);
	bool broke = random() % 2 == 0;
	int days_given = (int)(random() % 10);
	book->notice = days_given >= 7 ? 0 : 7 - days_given;
	json_decref(json_call(&calls->placements, broke ? "BreakDown" : "EndPlacement", "{'placementId': '%s', 'endDate': '%s',"
	                      "'reason': '%s', 'noticeHours': {'value': %d}}", book->placement, end, broke ? "CREQB" : "CARPL",
	                      days_given * 24 + 3));
}

START_TEST(random_changes_come_to_days_times_rates_at_every_year_end_and_in_a_leap_year)
{
	/* Over 31 March of two years, with a 29 February between. */
	static const char *const days[] = { "2027-03-20", "2027-03-31", "2027-04-01", "2027-05-17", "2027-12-31", "2028-02-29",
		"2028-03-01", "2028-03-31", "2028-04-02", "2028-08-19" };
	struct calls calls = of_authority("943");
	struct book books[PEOPLE * 2] = { 0 };
	size_t count = 0;
	srandom(31);
	drive("2027-02-01");
	for (size_t step = 0; step < sizeof days / sizeof days[0]; step++) {
		drive(days[step]);
		int32_t now = day_of(days[step]);
		if (count < PEOPLE * 2) {
			struct book *book = &books[count++];
			char start[HEARTH_DATE_SIZE];
			book->start = now - (int32_t)(random() % 40);
			text_of(book->start, start);
			book->fees[0].from = book->start;
			book->fees[0].fee = 1 + random() % 300000;
			book->fee_count = 1;
			place(&calls, "2020-02-29", "", start, book->fees[0].fee, "", book->placement, book->agreement);
		}
		for (size_t i = 0; i < count; i++) {
			if (books[i].end != 0)
				continue;
			if (random() % 2 == 0)
				change_fee(&calls, &books[i], now);
			if (random() % 2 == 0)
				change_line(&calls, &books[i], now);
			if (step > 2 && random() % 5 == 0)
				end_or_break(&calls, &books[i], now);
		}
		settle();
		compare_with_book(&calls, books, count);
	}
}
END_TEST

/* ---- faults ---- */

static void harm(const char *sql)
{
	PGresult *done = PQexec(tables_db(suite), sql);
	ck_assert_msg(PQresultStatus(done) == PGRES_COMMAND_OK, "%s: %s", sql, PQresultErrorMessage(done));
	PQclear(done);
}

static void expect_fault(const struct calls *calls, const char *agreement, const char *kind, const char *from, const char *to)
{
	json_t *proof = json_call(&calls->finance, "VerifyLedger", "{'agreementId': '%s'}", agreement);
	size_t i;
	const json_t *difference;
	json_array_foreach(json_object_get(proof, "differences"), i, difference)
		if (strcmp(json_string_value(json_object_get(difference, "kind")), kind) == 0) {
			ck_assert_str_eq(json_string_value(json_object_get(difference, "agreementId")), agreement);
			ck_assert_str_eq(json_string_value(json_object_get(difference, "fromDate")), from);
			ck_assert_str_eq(json_string_value(json_object_get(difference, "toDate")), to);
			json_decref(proof);
			return;
		}
	ck_abort_msg("no %s was found", kind);
}

START_TEST(faults_planted_by_the_owner_are_found_by_agreement_and_day)
{
	struct calls calls = of_authority("944");
	char placement[64], agreements[4][64], sql[700];
	drive("2029-01-01");
	for (int i = 0; i < 4; i++)
		place(&calls, "2020-01-01", "", "2029-01-01", 70000, "", placement, agreements[i]);
	drive("2029-01-05");
	drive("2029-01-09");
	check_proven(&calls);
	harm("ALTER TABLE finance.ledger DISABLE TRIGGER ledger_is_kept");
	snprintf(sql, sizeof sql, "DELETE FROM finance.ledger WHERE agreement_id = '%s' AND from_date = '2029-01-05'", agreements[0]);
	harm(sql);
	expect_fault(&calls, agreements[0], "MISSING", "2029-01-05", "2029-01-09");
	snprintf(sql, sizeof sql, "INSERT INTO finance.ledger (authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date,"
	         " to_date, pence, reason, posted_at) SELECT authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date,"
	         " to_date, pence, reason, posted_at FROM finance.ledger WHERE agreement_id = '%s' AND from_date = '2029-01-05'",
	         agreements[1]);
	harm(sql);
	expect_fault(&calls, agreements[1], "TWICE", "2029-01-05", "2029-01-09");
	snprintf(sql, sizeof sql, "UPDATE finance.ledger SET weekly_fee_pence = 77000, pence = 4 * 11000 WHERE agreement_id = '%s'"
	         " AND from_date = '2029-01-01'", agreements[2]);
	harm(sql);
	expect_fault(&calls, agreements[2], "WRONG_AMOUNT", "2029-01-01", "2029-01-05");
	/* The fact changed under the ledger. */
	snprintf(sql, sizeof sql, "UPDATE finance.agreement SET start_date = '2029-01-03' WHERE id = '%s'", agreements[3]);
	harm(sql);
	expect_fault(&calls, agreements[3], "EXTRA", "2029-01-01", "2029-01-03");
	json_t *all = json_call(&calls.finance, "VerifyLedger", "{}");
	ck_assert_uint_eq(json_count_at(all, "differences"), 4);
	ck_assert_int_eq(json_number_at(all, "agreements"), 4);
	json_decref(all);
	harm("ALTER TABLE finance.ledger ENABLE TRIGGER ledger_is_kept");
	json_call_fails(&calls.finance, HEARTH_NOT_FOUND, "NOT_FOUND", "VerifyLedger",
	                "{'agreementId': '0190b3c2-7d1e-7abc-8def-0123456789ab'}");
}
END_TEST

int main(void)
{
	const struct check_options options = { start_suite, stop_suite, 240 };
	return CHECK_MAIN_WITH(&options, "commitment",
	                       a_year_is_committed_to_the_earliest_of_planned_end_birthday_and_31_march,
	                       lines_of_other_costs_are_posted_corrected_and_end_with_the_placement,
	                       random_changes_come_to_days_times_rates_at_every_year_end_and_in_a_leap_year,
	                       faults_planted_by_the_owner_are_found_by_agreement_and_day);
}
