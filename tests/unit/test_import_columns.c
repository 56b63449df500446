/* test_import_columns.c: columns by meaning, and cells as published tables write them. */
/* links: services/cli/import_columns.c services/cli/import_cell.c */
#include "../support/check_main.h"

#include <string.h>

#include "../../services/cli/import_cell.h"
#include "../../services/cli/import_columns.h"

static const struct import_meaning meanings[] = {
	{ "postcode", true, (const char *const[]){ "pcds", "pcd", "postcode", NULL } },
	{ "district", false, (const char *const[]){ "oslaua", "lad##cd", NULL } },
	{ "outcome", false, (const char *const[]){ "overallexperiences*", NULL } },
	{ NULL, false, NULL },
};

static struct csv_row header_of(const char *const *names, size_t count)
{
	return (struct csv_row){ .line = 1, .count = count, .fields = names };
}

START_TEST(names_are_compared_without_case_spaces_and_marks)
{
	static const char *const names[] = { "Post-code", "LAD25CD", "Overall experiences and progress of children (text)" };
	size_t places[IMPORT_MEANINGS_MOST];
	struct csv_row header = header_of(names, 3);
	ck_assert(import_columns_find(meanings, &header, places));
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(places[i], i);
}
END_TEST

START_TEST(the_best_spelling_wins_wherever_it_stands)
{
	static const char *const names[] = { "pcd", "lad2cd", "PCDS" };
	size_t places[IMPORT_MEANINGS_MOST];
	struct csv_row header = header_of(names, 3);
	ck_assert(import_columns_find(meanings, &header, places));
	ck_assert_uint_eq(places[0], 2);
	ck_assert_uint_eq(places[1], IMPORT_NO_COLUMN);
}
END_TEST

START_TEST(what_is_missing_and_what_is_not_read_is_told)
{
	static const char *const names[] = { "LAD24CD", "colour", "", "Shape!" };
	size_t places[IMPORT_MEANINGS_MOST];
	struct csv_row header = header_of(names, 4);
	char text[64];
	ck_assert(!import_columns_find(meanings, &header, places));
	import_columns_missing(meanings, places, true, sizeof text, text);
	ck_assert_str_eq(text, "postcode");
	import_columns_missing(meanings, places, false, sizeof text, text);
	ck_assert_str_eq(text, "postcode outcome");
	import_columns_unread(&header, places, 3, sizeof text, text);
	ck_assert_str_eq(text, "colour shape");
	import_columns_unread(&header, places, 3, 8, text);
	ck_assert_str_eq(text, "colour");
}
END_TEST

static void day_is(const char *text, const char *day)
{
	char found[11] = "";
	ck_assert_msg(import_cell_day(text, found) == (day != NULL ? 0 : -1), "%s", text);
	if (day != NULL)
		ck_assert_str_eq(found, day);
}

START_TEST(days_are_read_as_they_are_written_and_never_guessed)
{
	day_is("31/03/2024", "2024-03-31");
	day_is("1/3/2024", "2024-03-01");
	day_is("2024-03-31", "2024-03-31");
	day_is("2024-03-31 00:00:00", "2024-03-31");
	day_is("31/03/2024 00:00", "2024-03-31");
	day_is("01-Mar-2024", "2024-03-01");
	day_is("1 march 2024", "2024-03-01");
	day_is("30/02/2024", NULL);
	day_is("03/31/2024", NULL);
	day_is("01-Mar-24", NULL);
	day_is("1 ma 2024", NULL);
	day_is("45382", NULL);
	day_is("31/03-2024", NULL);
	day_is("31/03/20245", NULL);
	day_is("", NULL);
}
END_TEST

START_TEST(numbers_of_spreadsheets_are_whole_or_none)
{
	static const char *const none[] = { "", "-1", "4.5", "1,20", "12,3456", "four", "1.", "9999999999999999", "1e3" };
	int64_t number = 0;
	ck_assert(import_cell_whole("6.0", &number) == 0 && number == 6);
	ck_assert(import_cell_whole("1,204", &number) == 0 && number == 1204);
	ck_assert(import_cell_whole("0", &number) == 0 && number == 0);
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
		ck_assert_msg(import_cell_whole(none[i], &number) == -1, "%s", none[i]);
}
END_TEST

START_TEST(ways_to_say_nothing_are_nothing_and_never_nought)
{
	ck_assert(import_cell_none("") && import_cell_none("NULL") && import_cell_none("tbc") && import_cell_none("n/a"));
	ck_assert(!import_cell_none("0") && !import_cell_none("None of these"));
}
END_TEST

START_TEST(text_of_spreadsheets_becomes_utf_8)
{
	char text[64];
	import_cell_utf8("M\xf4n \x96 St\x92s \x80\x81", text);
	ck_assert_str_eq(text, "M\xc3\xb4n \xe2\x80\x93 St\xe2\x80\x99s \xe2\x82\xac?");
}
END_TEST

int main(void)
{
	return CHECK_MAIN("import_columns", names_are_compared_without_case_spaces_and_marks,
	                  the_best_spelling_wins_wherever_it_stands, what_is_missing_and_what_is_not_read_is_told,
	                  days_are_read_as_they_are_written_and_never_guessed, numbers_of_spreadsheets_are_whole_or_none,
	                  ways_to_say_nothing_are_nothing_and_never_nought, text_of_spreadsheets_becomes_utf_8);
}
