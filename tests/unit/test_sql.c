/* test_sql.c: loading .sql files: named parameters, and what the house rules refuse. */
#include "../support/check_main.h"

#include <string.h>

#include <hearth/status.h>

#include "../../services/runtime/sql.h"

static struct hearth_statements *load(const char *text, struct hearth_status *status)
{
	const struct hearth_file files[] = { { "some_file", text }, { NULL, NULL } };
	const struct hearth_file *const tables[] = { files, NULL };
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	return hearth_statements_new(tables, status);
}

/* The server's text of `-- scope: supply` and `body`. */
static void becomes(const char *body, const char *expected)
{
	struct hearth_status status;
	char text[512];
	snprintf(text, sizeof text, "-- scope: supply\n%s", body);
	struct hearth_statements *statements = load(text, &status);
	ck_assert_msg(statements != NULL, "%s: %s", body, status.message);
	const char *found = hearth_statements_at(statements, 0)->text;
	ck_assert_str_eq(found + strspn(found, " \n"), expected);
	hearth_statements_free(&statements);
}

static void is_refused(const char *text, const char *because)
{
	struct hearth_status status;
	struct hearth_statements *statements = load(text, &status);
	ck_assert_msg(statements == NULL, "accepted: %s", text);
	ck_assert_msg(strstr(status.message, "sql/some_file.sql") != NULL, "%s", status.message);
	ck_assert_msg(strstr(status.message, because) != NULL, "%s: %s", text, status.message);
}

static void body_is_refused(const char *body, const char *because)
{
	char text[2200];
	snprintf(text, sizeof text, "-- scope: internal\n%s", body);
	is_refused(text, because);
}

START_TEST(named_parameters_become_numbers_and_repeat)
{
	struct hearth_status status;
	struct hearth_statements *statements = load("-- It gets one.\nSELECT a.b FROM a WHERE a.authority = :authority::text"
	                                            " AND a.x = :one AND a.y = :two::int AND a.z = :one", &status);
	ck_assert_msg(statements != NULL, "%s", status.message);
	struct hearth_statement *statement = hearth_statements_find(statements, "some_file");
	ck_assert_ptr_nonnull(statement);
	ck_assert_uint_eq(statement->parameter_count, 3);
	ck_assert_str_eq(statement->parameters[0].name, "authority");
	ck_assert_str_eq(statement->parameters[1].name, "one");
	ck_assert_str_eq(statement->parameters[2].name, "two");
	ck_assert_ptr_nonnull(strstr(statement->text, "a.authority = $1::text AND a.x = $2 AND a.y = $3::int AND a.z = $2"));
	ck_assert(!statement->supply);
	ck_assert_ptr_null(hearth_statements_find(statements, "other"));
	hearth_statements_free(&statements);
}
END_TEST

START_TEST(quotes_comments_casts_and_dollar_quotes_hold_no_parameters)
{
	becomes("SELECT ':a', 'it''s :b', E'\\':c', \":d\", $$:e$$, $x$ :f $$ $x$, g::text -- :h\n",
	        "SELECT ':a', 'it''s :b', E'\\':c', \":d\", $$:e$$, $x$ :f $$ $x$, g::text");
	becomes("SELECT 1 /* :a /* :b */ :c */ + :d", "SELECT 1   + $1");
}
END_TEST

START_TEST(one_last_semicolon_is_dropped)
{
	becomes("SELECT 1;\n-- the end\n", "SELECT 1");
	body_is_refused("SELECT 1; SELECT 2", "one statement");
	body_is_refused("-- nothing here", "no statement");
}
END_TEST

START_TEST(asking_the_time_is_refused_outside_quotes)
{
	static const char *const words[] = { "now()", "NOW ()", "pg_catalog.now()", "current_date", "CURRENT_TIMESTAMP",
		"localtime", "localtimestamp", "current_time", "clock_timestamp()", "statement_timestamp()",
		"transaction_timestamp()", "timeofday()" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char text[64];
		snprintf(text, sizeof text, "SELECT %s", words[i]);
		body_is_refused(text, "never asks the time");
	}
	becomes("SELECT 'now()', \"current_date\", :now -- now()", "SELECT 'now()', \"current_date\", $1");
	becomes("SELECT r.now FROM r", "SELECT r.now FROM r");
}
END_TEST

START_TEST(a_star_is_refused_as_a_select_item_only)
{
	body_is_refused("SELECT * FROM a", "name the columns");
	body_is_refused("SELECT a.* FROM a", "name the columns");
	body_is_refused("SELECT b, * FROM a", "name the columns");
	body_is_refused("SELECT DISTINCT ON (a.b) * FROM a", "name the columns");
	body_is_refused("INSERT INTO a VALUES (1) RETURNING *", "name the columns");
	body_is_refused("SELECT to_jsonb(a.*) FROM a", "name the columns");
	becomes("SELECT count(*), 2 * 3, a.b*4, (5) * (6) FROM a", "SELECT count(*), 2 * 3, a.b*4, (5) * (6) FROM a");
	becomes("SELECT a.b ~* 'x' FROM a", "SELECT a.b ~* 'x' FROM a");
}
END_TEST

START_TEST(a_statement_says_its_scope)
{
	struct hearth_status status;
	is_refused("SELECT 1", "scope");
	is_refused("-- scope: everything\nSELECT 1", "scope");
	struct hearth_statements *statements = load("-- scope: supply\nSELECT 1", &status);
	ck_assert(hearth_statements_at(statements, 0)->supply);
	hearth_statements_free(&statements);
}
END_TEST

START_TEST(what_is_not_closed_is_refused_with_its_line)
{
	body_is_refused("SELECT 'a", "line 2: a quote is not closed");
	body_is_refused("SELECT \"a", "not closed");
	body_is_refused("SELECT /* a", "not closed");
	body_is_refused("SELECT $$ a", "not closed");
	body_is_refused("SELECT $1", "as :name");
}
END_TEST

START_TEST(sixty_five_parameters_are_too_many)
{
	char text[2048] = "SELECT 0";
	for (int i = 0; i < 65; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), " + :p%d", i);
	body_is_refused(text, "64 parameters");
}
END_TEST

START_TEST(a_later_table_wins)
{
	const struct hearth_file first[] = { { "a", "-- scope: internal\nSELECT 1" }, { "b", "-- scope: internal\nSELECT 2" },
		{ NULL, NULL } };
	const struct hearth_file second[] = { { "a", "-- scope: internal\nSELECT 3" }, { NULL, NULL } };
	const struct hearth_file *const tables[] = { first, second, NULL };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_statements *statements = hearth_statements_new(tables, &status);
	ck_assert_uint_eq(hearth_statements_count(statements), 2);
	ck_assert_ptr_nonnull(strstr(hearth_statements_find(statements, "a")->text, "SELECT 3"));
	hearth_statements_free(&statements);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("sql", named_parameters_become_numbers_and_repeat,
	                  quotes_comments_casts_and_dollar_quotes_hold_no_parameters, one_last_semicolon_is_dropped,
	                  asking_the_time_is_refused_outside_quotes, a_star_is_refused_as_a_select_item_only,
	                  a_statement_says_its_scope, what_is_not_closed_is_refused_with_its_line,
	                  sixty_five_parameters_are_too_many, a_later_table_wins);
}
