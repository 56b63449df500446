/* test_config.c: settings by flag, environment and file. */
#include <hearth/config.h>
#include <hearth/status.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../support/check_main.h"

static const struct hearth_key common[] = {
	{ "listen", HEARTH_KEY_TEXT, "ipc://run", "where calls arrive", 0, 0 },
	{ "read-timeout", HEARTH_KEY_INT, "250", "milliseconds", 1, 60000 },
	{ "offset", HEARTH_KEY_INT, "-5", "any number", 0, 0 },
	{ "test-clock", HEARTH_KEY_BOOL, "false", "the clock can be driven", 0, 0 },
	{ NULL, HEARTH_KEY_TEXT, NULL, NULL, 0, 0 }
};
static const struct hearth_key own[] = {
	{ "listen", HEARTH_KEY_TEXT, "ipc://own", "another default", 0, 0 },
	{ "hold-hours", HEARTH_KEY_INT, "48", "hours that a place is held", 1, 720 },
	{ NULL, HEARTH_KEY_TEXT, NULL, NULL, 0, 0 }
};
static const struct hearth_key *const tables[] = { common, own, NULL };

static struct hearth_config *config;
static struct hearth_status status;
static int rest;
static bool help;
static int file;

/* Arguments as one text with spaces. */
static int load(const char *arguments)
{
	static char words[1000];
	char *argv[32] = { (char *)"program" };
	int argc = 1;
	strcpy(words, arguments);
	for (char *word = strtok(words, " "); word != NULL; word = strtok(NULL, " "))
		argv[argc++] = word;
	hearth_config_free(&config);
	config = hearth_config_new("referrals", tables);
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	rest = -1;
	help = false;
	return hearth_config_load(config, argc, argv, &rest, &help, &status);
}

static void refused(const char *arguments, const char *place)
{
	ck_assert_msg(load(arguments) == -1, "%s was taken", arguments);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_msg(strstr(status.message, place) != NULL, "\"%s\" does not name %s", status.message, place);
}

static void with_file(const char *text)
{
	char path[32];
	file = memfd_create("config", MFD_CLOEXEC);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	setenv("HEARTH_CONFIG", path, 1);
}

static void without_file(void)
{
	close(file);
	unsetenv("HEARTH_CONFIG");
}

START_TEST(without_anything_defaults_hold_and_later_tables_win)
{
	ck_assert_int_eq(load(""), 0);
	ck_assert_str_eq(hearth_config_text(config, "listen"), "ipc://own");
	ck_assert_int_eq(hearth_config_int(config, "read-timeout"), 250);
	ck_assert_int_eq(hearth_config_int(config, "offset"), -5);
	ck_assert(!hearth_config_bool(config, "test-clock"));
	ck_assert_int_eq(rest, 1);
}
END_TEST

START_TEST(flags_are_read_in_both_forms_and_stop_at_the_first_argument)
{
	ck_assert_int_eq(load("--listen=a=b --read-timeout 7 --test-clock call --unknown"), 0);
	ck_assert_str_eq(hearth_config_text(config, "listen"), "a=b");
	ck_assert_int_eq(hearth_config_int(config, "read-timeout"), 7);
	ck_assert(hearth_config_bool(config, "test-clock"));
	ck_assert_int_eq(rest, 5);
	ck_assert_int_eq(load("--test-clock=no -- --listen"), 0);
	ck_assert(!hearth_config_bool(config, "test-clock"));
	ck_assert_int_eq(rest, 3);
}
END_TEST

START_TEST(an_unknown_flag_is_named)
{
	refused("--surprise=1", "--surprise");
	refused("-x", "-x");
	refused("--listening=1", "--listening");
	refused("--=1", "--");
	refused("--read-timeout", "--read-timeout");
}
END_TEST

START_TEST(a_value_of_the_wrong_type_or_out_of_range_is_refused)
{
	static const char *const bad[] = { "0", "60001", "x", "", "1.5", "1e3", "99999999999999999999", "+5", "0x10", "5ms" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char arguments[64];
		snprintf(arguments, sizeof(arguments), "--read-timeout=%s", bad[i]);
		refused(arguments, "flag --read-timeout: expected a whole number from 1 to 60000");
	}
	refused("--test-clock=maybe", "true or false");
	refused("--listen=\xff", "UTF-8");
}
END_TEST

START_TEST(a_refused_value_is_not_repeated)
{
	refused("--read-timeout=postgres://u:secret@h", "--read-timeout");
	ck_assert_ptr_null(strstr(status.message, "secret"));
}
END_TEST

START_TEST(flags_are_stronger_than_the_services_variable_the_suites_and_the_file)
{
	with_file("read-timeout = 1\n");
	ck_assert_int_eq(load(""), 0);
	ck_assert_int_eq(hearth_config_int(config, "read-timeout"), 1);
	setenv("HEARTH_READ_TIMEOUT", "2", 1);
	ck_assert_int_eq(load(""), 0);
	ck_assert_int_eq(hearth_config_int(config, "read-timeout"), 2);
	setenv("HEARTH_REFERRALS_READ_TIMEOUT", "3", 1);
	ck_assert_int_eq(load(""), 0);
	ck_assert_int_eq(hearth_config_int(config, "read-timeout"), 3);
	ck_assert_int_eq(load("--read-timeout=4"), 0);
	ck_assert_int_eq(hearth_config_int(config, "read-timeout"), 4);
	without_file();
}
END_TEST

START_TEST(a_wrong_variable_is_named_and_an_unknown_one_is_no_error)
{
	setenv("HEARTH_SURPRISE", "1", 1);
	ck_assert_int_eq(load(""), 0);
	setenv("HEARTH_HOLD_HOURS", "721", 1);
	refused("", "variable HEARTH_HOLD_HOURS");
	refused("--hold-hours=5", "variable HEARTH_HOLD_HOURS");
}
END_TEST

START_TEST(a_file_holds_comments_and_spaces)
{
	with_file("# comment\n\n  listen =  tcp://x:1  \r\n\thold-hours=5\ntest-clock = yes");
	ck_assert_int_eq(load(""), 0);
	ck_assert_str_eq(hearth_config_text(config, "listen"), "tcp://x:1");
	ck_assert_int_eq(hearth_config_int(config, "hold-hours"), 5);
	ck_assert(hearth_config_bool(config, "test-clock"));
	without_file();
}
END_TEST

START_TEST(what_is_wrong_in_a_file_is_named_with_its_line)
{
	static const struct { const char *text, *place; } bad[] = {
		{ "listen = a\nsurprise = 1\n", ":2: the key surprise" }, { "\n\nlisten\n", ":3: expected key = value" },
		{ "hold-hours = many\n", ":1: expected a whole number" }, { "config = x\n", ":1: the key config" },
		{ "listen = a\nlisten = b\n", ":2: the key listen stands on line 1" }, { "= 5\n", ":1: the key" }
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		with_file(bad[i].text);
		refused("", bad[i].place);
		without_file();
	}
}
END_TEST

START_TEST(a_line_of_a_file_is_bounded_and_a_missing_file_is_an_error)
{
	char text[6000];
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	with_file(text);
	refused("", ":1: a line has at most");
	without_file();
	refused("--config=/no/such/file", "/no/such/file");
}
END_TEST

START_TEST(help_lists_every_key_with_its_default)
{
	char *text = NULL;
	size_t size;
	setenv("HEARTH_HOLD_HOURS", "wrong", 1);
	ck_assert_int_eq(load("--help"), 0);
	ck_assert(help);
	FILE *out = open_memstream(&text, &size);
	hearth_config_print_help(config, out);
	fclose(out);
	static const char *const parts[] = {
		"--config=", "--listen=TEXT", "[ipc://own]", "--hold-hours=N", "(1 to 720)", "[48]", "--test-clock", "[false]",
		"HEARTH_REFERRALS_"
	};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		ck_assert_msg(strstr(text, parts[i]) != NULL, "help lacks %s", parts[i]);
	free(text);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("config", without_anything_defaults_hold_and_later_tables_win,
	                  flags_are_read_in_both_forms_and_stop_at_the_first_argument, an_unknown_flag_is_named,
	                  a_value_of_the_wrong_type_or_out_of_range_is_refused, a_refused_value_is_not_repeated,
	                  flags_are_stronger_than_the_services_variable_the_suites_and_the_file,
	                  a_wrong_variable_is_named_and_an_unknown_one_is_no_error, a_file_holds_comments_and_spaces,
	                  what_is_wrong_in_a_file_is_named_with_its_line,
	                  a_line_of_a_file_is_bounded_and_a_missing_file_is_an_error,
	                  help_lists_every_key_with_its_default);
}
