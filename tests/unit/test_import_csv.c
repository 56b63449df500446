/* test_import_csv.c: the CSV reader: what files of the world look like, and its bounds. */
/* links: services/cli/import_csv.c */
#include "../support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>

#include "../../services/cli/import_csv.h"

/* Rows as text: "line:field|field;..." */
struct seen {
	char text[4096];
	size_t rows;
	int stop_at;
};

static int see(void *context, const struct csv_row *row)
{
	struct seen *seen = context;
	size_t used = strlen(seen->text);
	used += (size_t)snprintf(seen->text + used, sizeof(seen->text) - used, "%s%zu:", seen->rows == 0 ? "" : ";", row->line);
	for (size_t i = 0; i < row->count && i < CSV_FIELDS_MOST && used < sizeof(seen->text); i++)
		used += (size_t)snprintf(seen->text + used, sizeof(seen->text) - used, "%s%.60s", i == 0 ? "" : "|", row->fields[i]);
	seen->rows++;
	return seen->stop_at != 0 && (int)seen->rows == seen->stop_at ? 7 : 0;
}

static int count(void *context, const struct csv_row *row)
{
	(void)row;
	++*(size_t *)context;
	return 0;
}

static void reads_as(const char *csv, const char *rows)
{
	struct seen seen = { .rows = 0 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert_msg(import_csv_parse(csv, strlen(csv), see, &seen, &status) == 0, "%s", status.message);
	ck_assert_str_eq(seen.text, rows);
}

START_TEST(a_byte_order_mark_is_passed_over)
{
	reads_as("\xef\xbb\xbf" "CHILD,DOB\n1,2\n", "1:CHILD|DOB;2:1|2");
}
END_TEST

START_TEST(lines_end_in_lf_crlf_or_cr)
{
	reads_as("a,b\nc,d", "1:a|b;2:c|d");
	reads_as("a,b\r\nc,d\r\n", "1:a|b;2:c|d");
	reads_as("a,b\rc,d\r", "1:a|b;2:c|d");
}
END_TEST

START_TEST(quotes_hold_commas_quotes_and_line_ends)
{
	reads_as("\"a,1\",\"b\"\"2\"\nc,d\n", "1:a,1|b\"2;2:c|d");
	reads_as("\"a\nx\",b\nc,d\n", "1:a\nx|b;3:c|d");
}
END_TEST

START_TEST(blank_lines_are_no_rows_and_are_counted_as_lines)
{
	reads_as("\n\na,b\n\n\r\n  \nc,d\n", "3:a|b;7:c|d");
	reads_as("a\r\n\r\nb\r\n", "1:a;3:b");
}
END_TEST

START_TEST(spaces_around_fields_are_dropped)
{
	reads_as(" a , b\t,\" c \"\n", "1:a|b| c ");
}
END_TEST

START_TEST(an_empty_file_has_no_rows)
{
	reads_as("", "");
	reads_as("\xef\xbb\xbf", "");
}
END_TEST

START_TEST(the_callback_can_stop_the_reading)
{
	struct seen seen = { .stop_at = 2 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert_int_eq(import_csv_parse("a\nb\nc\n", 6, see, &seen, &status), 7);
	ck_assert_uint_eq(seen.rows, 2);
}
END_TEST

static void fails_with(const char *bytes, size_t size, const char *words)
{
	size_t rows = 0;
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert_int_eq(import_csv_parse(bytes, size, count, &rows, &status), -1);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_msg(strstr(status.message, words) != NULL, "\"%s\" does not say \"%s\"", status.message, words);
}

START_TEST(utf_16_and_binary_files_are_refused)
{
	fails_with("\xff\xfe" "a\0", 4, "UTF-16");
	fails_with("a,b\n\0c", 6, "NUL");
}
END_TEST

START_TEST(a_quote_that_is_never_closed_is_named_with_its_line)
{
	fails_with("a,b\nc,\"d\ne,f\n", 13, "line 2");
}
END_TEST

START_TEST(a_field_longer_than_the_bound_is_refused)
{
	size_t size = 3 * CSV_FIELD_MOST;
	char *text = hearth_alloc(size);
	memset(text, 'x', size);
	memcpy(text, "a\n", 2);
	fails_with(text, size, "line 2");
	free(text);
}
END_TEST

START_TEST(an_endless_quote_does_not_swallow_the_file)
{
	size_t size = 1u << 20;
	char *text = hearth_alloc(size);
	memset(text, '\n', size);
	memcpy(text, "a\n\"", 3);
	fails_with(text, size, "line 2");
	free(text);
}
END_TEST

START_TEST(columns_beyond_the_bound_are_counted_and_not_kept)
{
	char text[512] = "";
	for (int i = 0; i < 200; i++)
		memcpy(text + 2 * i, "x,", 3);
	struct seen seen = { .rows = 0 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	ck_assert_int_eq(import_csv_parse(text, strlen(text), see, &seen, &status), 0);
	ck_assert_uint_eq(strlen(seen.text), strlen("1:") + 2 * CSV_FIELDS_MOST - 1);
}
END_TEST

START_TEST(a_file_is_the_same_wherever_its_buffers_end)
{
	/* Line ends of every kind move over the ends of the buffers. */
	enum { SIZE = 600000 };
	static const char *const ends[] = { "\n", "\r\n", "\r" };
	char *text = hearth_alloc(SIZE + 64);
	for (size_t kind = 0; kind < 3; kind++) {
		for (size_t shift = 0; shift < 4; shift++) {
			size_t used = shift, rows = 0, seen = 0;
			memset(text, 'h', shift);
			for (; used < SIZE; rows++)
				used += (size_t)snprintf(text + used, 64, "%s%s", "a,\"b\",c d e f", ends[kind]);
			struct hearth_status status = HEARTH_STATUS_INIT;
			ck_assert_int_eq(import_csv_parse(text, used, count, &seen, &status), 0);
			ck_assert_uint_eq(seen, rows);
		}
	}
	free(text);
}
END_TEST

START_TEST(a_line_of_ten_megabytes_is_refused_or_read_without_being_held)
{
	enum { SIZE = 10 << 20 };
	char *text = hearth_alloc(SIZE);
	size_t rows = 0;
	struct hearth_status status = HEARTH_STATUS_INIT;
	memset(text, 'x', SIZE);
	ck_assert_int_eq(import_csv_parse(text, SIZE, count, &rows, &status), -1);
	ck_assert_ptr_nonnull(strstr(status.message, "longer than 4096 bytes"));
	for (size_t i = 1; i < SIZE; i += 2)
		text[i] = ',';
	memcpy(text + SIZE - 4, "\na\n", 3);
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	ck_assert_int_eq(import_csv_parse(text, SIZE - 1, count, &rows, &status), 0);
	ck_assert_uint_eq(rows, 2);
	free(text);
}
END_TEST

static const struct csv_table tables[] = {
	{ "pets", (const char *const[]){ "NAME", "KIND", "AGE", NULL } },
	{ "short", (const char *const[]){ "NAME", "KIND", NULL } },
	{ NULL, NULL },
};

static struct csv_row header_of(const char *const *names, size_t names_count)
{
	return (struct csv_row){ .line = 1, .count = names_count, .fields = names };
}

START_TEST(a_table_is_known_by_its_columns_in_any_order_and_case)
{
	size_t places[CSV_FIELDS_MOST];
	struct csv_row header = header_of((const char *const[]){ "Age", "name", "KIND" }, 3);
	const struct csv_table *table = import_csv_recognise(tables, &header, places);
	ck_assert_ptr_eq(table, &tables[0]);
	ck_assert_uint_eq(places[0], 1);
	ck_assert_uint_eq(places[1], 2);
	ck_assert_uint_eq(places[2], 0);
}
END_TEST

START_TEST(a_column_too_many_too_few_or_twice_is_no_table)
{
	size_t places[CSV_FIELDS_MOST];
	struct csv_row more = header_of((const char *const[]){ "NAME", "KIND", "AGE", "COLOUR" }, 4);
	struct csv_row fewer = header_of((const char *const[]){ "NAME" }, 1);
	struct csv_row twice = header_of((const char *const[]){ "NAME", "KIND", "NAME" }, 3);
	ck_assert_ptr_null(import_csv_recognise(tables, &more, places));
	ck_assert_ptr_null(import_csv_recognise(tables, &fewer, places));
	ck_assert_ptr_null(import_csv_recognise(tables, &twice, places));
}
END_TEST

START_TEST(a_nearly_right_header_is_told_what_differs)
{
	struct csv_row header = header_of((const char *const[]){ "NAME", "AGE", "COLOUR" }, 3);
	char text[100];
	const struct csv_table *nearest = import_csv_nearest(tables, &header);
	ck_assert_ptr_eq(nearest, &tables[0]);
	import_csv_difference(nearest, NULL, &header, sizeof(text), text);
	ck_assert_str_eq(text, "missing: KIND; unknown or twice: COLOUR");
	struct csv_row other = header_of((const char *const[]){ "A", "B" }, 2);
	ck_assert_ptr_null(import_csv_nearest(tables, &other));
}
END_TEST

int main(void)
{
	return CHECK_MAIN("import_csv", a_byte_order_mark_is_passed_over, lines_end_in_lf_crlf_or_cr,
	                  quotes_hold_commas_quotes_and_line_ends, blank_lines_are_no_rows_and_are_counted_as_lines,
	                  spaces_around_fields_are_dropped, an_empty_file_has_no_rows, the_callback_can_stop_the_reading,
	                  utf_16_and_binary_files_are_refused, a_quote_that_is_never_closed_is_named_with_its_line,
	                  a_field_longer_than_the_bound_is_refused, an_endless_quote_does_not_swallow_the_file,
	                  columns_beyond_the_bound_are_counted_and_not_kept, a_file_is_the_same_wherever_its_buffers_end,
	                  a_line_of_ten_megabytes_is_refused_or_read_without_being_held,
	                  a_table_is_known_by_its_columns_in_any_order_and_case,
	                  a_column_too_many_too_few_or_twice_is_no_table, a_nearly_right_header_is_told_what_differs);
}
