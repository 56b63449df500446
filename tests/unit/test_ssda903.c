/* test_ssda903.c: the checks of one row of a return. */
/* links: services/cli/ssda903.c */
#include "../support/check_main.h"

#include <string.h>

#include <hearth/clock.h>

#include "../../services/cli/ssda903.h"

static const struct ssda903_code items[] = {
	{ "RNE", "S", 2017, 0 }, { "RNE", "P", 2017, 0 }, { "LS", "C2", 2017, 0 }, { "LS", "V4", 2017, 0 },
	{ "CIN", "N1", 2017, 0 }, { "PLACE", "U6", 2017, 0 }, { "PLACE", "H5", 2017, 2024 }, { "PLACE", "K3", 2025, 0 },
	{ "PLACE_PROVIDER", "PR1", 2017, 0 }, { "REC", "X1", 2017, 0 }, { "REC", "E4A", 2017, 0 },
	{ "REASON_PLACE_CHANGE", "CREQB", 2017, 0 },
};
static const struct ssda903_codes codes = { items, sizeof(items) / sizeof(items[0]) };

enum { CHILD, DECOM, RNE, LS, CIN, PLACE, PLACE_PROVIDER, DEC, REC, REASON, HOME_POST, PL_POST, URN };

static const char *const good[SSDA903_EPISODE_COLUMNS] = { "640353", "01/03/2019", "P", "C2", "N1", "U6", "PR1",
	"21/08/2019", "X1", "CREQB", "B12 8QT", "m1 1ae", "9839837" };

/* The good row with one column changed; what was found. */
static bool check_with(int column, const char *value, int year, struct ssda903_episode *ret,
                       struct ssda903_findings *findings)
{
	const char *fields[SSDA903_EPISODE_COLUMNS];
	memcpy(fields, good, sizeof(fields));
	if (column >= 0)
		fields[column] = value;
	*findings = (struct ssda903_findings){ .count = 0 };
	return ssda903_check_episode(fields, &codes, year, ret, findings);
}

START_TEST(a_good_row_is_read_whole)
{
	struct ssda903_episode row;
	struct ssda903_findings findings;
	char date[HEARTH_DATE_SIZE];
	ck_assert(check_with(-1, NULL, 2020, &row, &findings));
	ck_assert_uint_eq(findings.count, 0);
	ck_assert_str_eq(row.child, "640353");
	hearth_date_format(row.decom, date);
	ck_assert_str_eq(date, "2019-03-01");
	hearth_date_format(row.dec, date);
	ck_assert_str_eq(date, "2019-08-21");
	ck_assert_str_eq(row.place, "U6");
	ck_assert_str_eq(row.reason, "CREQB");
	ck_assert_str_eq(row.home_outward, "B12");
	ck_assert_str_eq(row.place_outward, "M1");
	ck_assert_str_eq(row.urn, "9839837");
}
END_TEST

struct expectation {
	int column;
	const char *value;
	enum ssda903_kind kind;
	const char *at;
};

START_TEST(bad_rows_are_rejected_with_the_column_named)
{
	static const struct expectation rows[] = {
		{ CHILD, "", SSDA903_MISSING_KEY, "CHILD" },
		{ CHILD, "two words", SSDA903_MISSING_KEY, "CHILD" },
		{ DECOM, "", SSDA903_MISSING_KEY, "DECOM" },
		{ DECOM, "30/02/2019", SSDA903_UNREADABLE_DATE, "DECOM" },
		{ DECOM, "29/02/2019", SSDA903_UNREADABLE_DATE, "DECOM" },
		{ DECOM, "2019-03-01", SSDA903_UNREADABLE_DATE, "DECOM" },
		{ DECOM, "1/3/2019", SSDA903_UNREADABLE_DATE, "DECOM" },
		{ DECOM, "01/03/19", SSDA903_UNREADABLE_DATE, "DECOM" },
		{ DECOM, "01/13/2019", SSDA903_UNREADABLE_DATE, "DECOM" },
		{ DEC, "31/06/2019", SSDA903_UNREADABLE_DATE, "DEC" },
		{ DEC, "01/03/2019", SSDA903_END_NOT_AFTER_START, "DEC" },
		{ DEC, "28/02/2019", SSDA903_END_NOT_AFTER_START, "DEC" },
		{ RNE, "Q", SSDA903_UNKNOWN_CODE, "RNE" },
		{ RNE, "", SSDA903_UNKNOWN_CODE, "RNE" },
		{ LS, "C9", SSDA903_UNKNOWN_CODE, "LS" },
		{ CIN, "N9", SSDA903_UNKNOWN_CODE, "CIN" },
		{ PLACE, "a very long text that is no code", SSDA903_UNKNOWN_CODE, "PLACE" },
		{ PLACE_PROVIDER, "PR9", SSDA903_UNKNOWN_CODE, "PLACE_PROVIDER" },
		{ REC, "E99", SSDA903_UNKNOWN_CODE, "REC" },
		{ REASON, "LIIAF", SSDA903_UNKNOWN_CODE, "REASON_PLACE_CHANGE" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ssda903_episode row;
		struct ssda903_findings findings;
		ck_assert_msg(!check_with(rows[i].column, rows[i].value, 2020, &row, &findings), "row %zu was taken", i);
		ck_assert_msg(findings.count == 1, "row %zu: %zu findings", i, findings.count);
		ck_assert_int_eq(findings.items[0].kind, rows[i].kind);
		ck_assert_str_eq(findings.items[0].column, rows[i].at);
		ck_assert_msg(findings.items[0].advice[0] != '\0', "row %zu: what would be right?", i);
	}
}
END_TEST

START_TEST(odd_rows_are_warned_of_and_taken)
{
	static const struct expectation rows[] = {
		{ DEC, "", SSDA903_REC_ON_OPEN, "REC" },
		{ REC, "", SSDA903_NO_REC, "REC" },
		{ HOME_POST, "not one", SSDA903_UNREADABLE_POSTCODE, "HOME_POST" },
		{ PL_POST, "12345", SSDA903_UNREADABLE_POSTCODE, "PL_POST" },
		{ URN, "12", SSDA903_UNREADABLE_URN, "URN" },
		{ URN, "SC12345", SSDA903_UNREADABLE_URN, "URN" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ssda903_episode row;
		struct ssda903_findings findings;
		ck_assert_msg(check_with(rows[i].column, rows[i].value, 2020, &row, &findings), "row %zu was rejected", i);
		ck_assert_msg(findings.count == 1, "row %zu: %zu findings", i, findings.count);
		ck_assert_int_eq(findings.items[0].kind, rows[i].kind);
		ck_assert_str_eq(findings.items[0].column, rows[i].at);
	}
}
END_TEST

START_TEST(a_rec_on_an_open_episode_is_ignored)
{
	struct ssda903_episode row;
	struct ssda903_findings findings;
	ck_assert(check_with(DEC, "", 2020, &row, &findings));
	ck_assert_str_eq(row.rec, "");
	ck_assert_int_eq(row.dec, SSDA903_NO_DATE);
}
END_TEST

START_TEST(an_episode_after_the_return_year_is_warned_of)
{
	struct ssda903_episode row;
	struct ssda903_findings findings;
	ck_assert(check_with(-1, NULL, 2018, &row, &findings));
	ck_assert_uint_eq(findings.count, 1);
	ck_assert_int_eq(findings.items[0].kind, SSDA903_AFTER_YEAR);
}
END_TEST

START_TEST(codes_are_those_of_the_return_year)
{
	struct ssda903_episode row;
	struct ssda903_findings findings;
	ck_assert(check_with(PLACE, "H5", 2024, &row, &findings));
	ck_assert(!check_with(PLACE, "H5", 2025, &row, &findings));
	ck_assert_str_eq(findings.items[0].advice, "in force until 2024; one of U6 K3");
	ck_assert(check_with(PLACE, "k3", 2025, &row, &findings));
	ck_assert_str_eq(row.place, "K3");
	ck_assert(!check_with(PLACE, "K3", 2024, &row, &findings));
	ck_assert_str_eq(findings.items[0].advice, "in force from 2025 on; one of U6 H5");
}
END_TEST

START_TEST(less_exact_postcodes_and_scottish_urns_are_read)
{
	struct ssda903_episode row;
	struct ssda903_findings findings;
	ck_assert(check_with(HOME_POST, "B12 8", 2020, &row, &findings));
	ck_assert_str_eq(row.home_outward, "B12");
	ck_assert(check_with(HOME_POST, "SW1A", 2020, &row, &findings));
	ck_assert_str_eq(row.home_outward, "SW1A");
	ck_assert(check_with(URN, "sc123456", 2020, &row, &findings));
	ck_assert_str_eq(row.urn, "SC123456");
	ck_assert(check_with(URN, "XXXXXXX", 2020, &row, &findings));
	ck_assert_str_eq(row.urn, "");
	ck_assert_uint_eq(findings.count, 0);
}
END_TEST

START_TEST(personal_values_are_never_repeated)
{
	struct ssda903_episode row;
	struct ssda903_child child;
	struct ssda903_findings findings;
	check_with(HOME_POST, "Q99Q 99Q", 2020, &row, &findings);
	ck_assert_str_eq(findings.items[0].value, "a postcode");
	const char *fields[SSDA903_HEADER_COLUMNS] = { "1", "1", "31/02/2010", "WBRI", "A1", "", "32/01/2020" };
	findings.count = 0;
	ck_assert(!ssda903_check_header(fields, &child, &findings));
	ck_assert_uint_eq(findings.count, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_str_eq(findings.items[i].value, "a date of birth");
		ck_assert_ptr_null(strstr(findings.items[i].advice, "2010"));
		ck_assert_ptr_null(strstr(findings.items[i].advice, "2020"));
	}
}
END_TEST

START_TEST(bytes_that_are_no_text_are_not_repeated)
{
	struct ssda903_episode row;
	struct ssda903_findings findings;
	check_with(RNE, "\x1b[2J\xff", 2020, &row, &findings);
	ck_assert_str_eq(findings.items[0].value, "?[2J?");
}
END_TEST

START_TEST(sex_is_read_in_the_old_and_the_new_code)
{
	static const char *const rows[][2] = { { "1", "M" }, { "2", "F" }, { "M", "M" }, { "f", "F" }, { "U", "U" } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ssda903_child child;
		struct ssda903_findings findings = { .count = 0 };
		const char *fields[SSDA903_HEADER_COLUMNS] = { "1", rows[i][0], "28/02/2010", "WBRI", "", "1.0", "" };
		ck_assert(ssda903_check_header(fields, &child, &findings));
		ck_assert_str_eq(child.sex, rows[i][1]);
		ck_assert(!child.unaccompanied);
	}
	struct ssda903_child child;
	struct ssda903_findings findings = { .count = 0 };
	const char *fields[SSDA903_HEADER_COLUMNS] = { "1", "3", "", "", "", "", "" };
	ck_assert(!ssda903_check_header(fields, &child, &findings));
	ck_assert_uint_eq(findings.count, 2);
}
END_TEST

START_TEST(a_uasc_row_makes_the_child_unaccompanied)
{
	struct ssda903_child child;
	struct ssda903_findings findings = { .count = 0 };
	const char *fields[SSDA903_UASC_COLUMNS] = { "7", "2", "17/12/1999", "" };
	ck_assert(ssda903_check_uasc(fields, &child, &findings));
	ck_assert(child.unaccompanied);
}
END_TEST

START_TEST(a_collection_year_ends_on_31_march)
{
	static const struct { const char *day; int year; } rows[] = {
		{ "31/03/2018", 2018 }, { "01/04/2018", 2019 }, { "31/12/2018", 2019 }, { "01/01/2019", 2019 }, { "29/02/2020", 2020 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int32_t day;
		ck_assert_int_eq(ssda903_date(rows[i].day, &day), 0);
		ck_assert_int_eq(ssda903_year_of(day), rows[i].year);
	}
}
END_TEST

START_TEST(an_episode_that_begins_on_the_end_day_does_not_overlap)
{
	struct ssda903_episode a = { .decom = 100, .dec = 200 }, b = { .decom = 200, .dec = SSDA903_NO_DATE };
	ck_assert(!ssda903_overlap(&a, &b));
	b.decom = 199;
	ck_assert(ssda903_overlap(&a, &b));
	a.dec = SSDA903_NO_DATE;
	b.decom = 300;
	ck_assert(ssda903_overlap(&a, &b));
}
END_TEST

int main(void)
{
	return CHECK_MAIN("ssda903", a_good_row_is_read_whole, bad_rows_are_rejected_with_the_column_named,
	                  odd_rows_are_warned_of_and_taken, a_rec_on_an_open_episode_is_ignored,
	                  an_episode_after_the_return_year_is_warned_of, codes_are_those_of_the_return_year,
	                  less_exact_postcodes_and_scottish_urns_are_read, personal_values_are_never_repeated,
	                  bytes_that_are_no_text_are_not_repeated, sex_is_read_in_the_old_and_the_new_code,
	                  a_uasc_row_makes_the_child_unaccompanied, a_collection_year_ends_on_31_march,
	                  an_episode_that_begins_on_the_end_day_does_not_overlap);
}
