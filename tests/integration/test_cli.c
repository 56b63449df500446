/* test_cli.c: the command line by itself: help, exit codes, and what it says when the request is wrong. No service runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "run_hearth.h"

static char nowhere[64];

static void make_directory(void)
{
	snprintf(nowhere, sizeof nowhere, P_tmpdir "/hearth-cli-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(nowhere));
}

static void remove_directory(void)
{
	rmdir(nowhere);
}

/* With --services of a directory in which nobody listens. */
static struct outcome run_nowhere(const char *const *arguments, const char *input)
{
	char services[80];
	const char *argv[20] = {run_hearth_path(), "--services", services, "--timeout", "1"};
	size_t count = 5;
	snprintf(services, sizeof services, "ipc://%s", nowhere);
	while (*arguments != NULL && count < 19)
		argv[count++] = *arguments++;
	return run_program(argv, input);
}

#define RUN(...) run_nowhere((const char *const[]){__VA_ARGS__, NULL}, NULL)

/* Takes the outcome. */
static void expect(struct outcome outcome, int code, const char *said)
{
	ck_assert_msg(outcome.code == code, "exit code %d, not %d: %s", outcome.code, code, outcome.err);
	ck_assert_msg(strstr(code == 0 ? outcome.out : outcome.err, said) != NULL, "\"%s\" is not in: %s%s", said, outcome.out,
	              outcome.err);
	outcome_done(&outcome);
}

/* ---- help ---- */

START_TEST(help_names_every_command_and_every_exit_code)
{
	static const char *const words[] = {"list", "describe", "call", "watch", "status", "import", "migrate", "clock",
	                                    "completion", "version", "--services",
	                                    "--authority", "--actor", "--roles", "--timeout", "--json", "--config", "  0  ", "  1  ",
	                                    "  2  ", "  3  ", "  4  "};
	struct outcome outcome = RUN("help");
	ck_assert_int_eq(outcome.code, 0);
	ck_assert_str_eq(outcome.err, "");
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		ck_assert_msg(strstr(outcome.out, words[i]) != NULL, "help does not say \"%s\"", words[i]);
	outcome_done(&outcome);
}
END_TEST

START_TEST(every_command_has_help_of_its_own)
{
	static const char *const commands[] = {"list", "describe", "call", "watch", "status", "import", "migrate", "clock", "completion",
	                                       "help", "version"};
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		char usage[64];
		snprintf(usage, sizeof usage, "Usage: hearth %s", commands[i]);
		expect(RUN("help", commands[i]), 0, usage);
		expect(RUN(commands[i], "--help"), 0, usage);
	}
	expect(RUN("help", "import", "ssda903"), 0, "Usage: hearth import ssda903");
	expect(RUN("import", "homes", "--help"), 0, "Usage: hearth import homes");
	expect(RUN("help", "nothing"), 2, "nothing");
}
END_TEST

START_TEST(version_is_text_and_json)
{
	expect(RUN("version"), 0, "hearth ");
	expect(RUN("--version"), 0, "hearth ");
	expect(RUN("version", "--json"), 0, "\"version\"");
}
END_TEST

/* ---- a wrong command line ---- */

START_TEST(a_wrong_command_line_is_exit_code_2_and_says_what_is_wrong)
{
	expect(RUN("nothing"), 2, "no command \"nothing\"");
	expect(RUN("--nothing", "list"), 2, "there is no flag --nothing");
	expect(RUN("import", "ssda903", ".", "--year", "abc"), 2, "See: hearth help import ssda903");
	expect(RUN("import", "homes", "x.csv", "--nothing"), 2, "See: hearth help import homes");
	expect(RUN("watch", "--cursor", "/nonexistent/cursor"), 2, "cannot be written");
	expect(RUN("--services", "placements=tcp://127.0.0.1:99999", "call", "placements/GetChild"), 2, "address of placements");
	expect(RUN("list", "--nothing"), 2, "there is no flag --nothing");
	expect(RUN("list", "No.Service"), 2, "is no service");
	expect(RUN("describe", "one", "two"), 2, "one name at most");
	expect(RUN("completion", "fish"), 2, "bash or zsh");
	expect(RUN("watch", "--count"), 2, "--count needs a value");
	expect(RUN("watch", "--count", "few"), 2, "\"few\" is not a whole number");
	expect(RUN("--authority", "99", "list"), 2, "three digits");
	expect(RUN("list", "--roles", "KING"), 2, "no role \"KING\"");
	expect(RUN("call"), 2, "SERVICE/METHOD");
	expect(RUN("call", "referrals"), 2, "not SERVICE/METHOD");
	expect(RUN("call", "placements/GetChild", "--request-id", "7"), 2, "not a UUID");
	expect(RUN("call", "placements/GetChild", "@/nonexistent"), 2, "/nonexistent");
	expect(RUN("clock", "advance", "soon"), 2, "not a duration");
	expect(RUN("clock", "set", "2023-02-30"), 2, "2023-02-30");
	expect(RUN("import", "nothing"), 2, "\"nothing\" cannot be imported");
	expect(RUN("migrate"), 2, "--admin-url is missing");
	expect(RUN("migrate", "--admin-url", "mysql://host/name"), 2, "--admin-url is no address");
	expect(RUN("migrate", "--admin-url", "postgresql://host:99999/name"), 2, "--admin-url is no address");
}
END_TEST

START_TEST(no_command_at_all_prints_help_and_is_exit_code_2)
{
	const char *const argv[] = {run_hearth_path(), NULL};
	struct outcome outcome = run_program(argv, NULL);
	ck_assert_int_eq(outcome.code, 2);
	ck_assert_str_eq(outcome.out, "");
	ck_assert_ptr_nonnull(strstr(outcome.err, "Commands:"));
	outcome_done(&outcome);
}
END_TEST

START_TEST(what_every_service_has_is_called_by_naming_one)
{
	expect(RUN("call", "hearth.events.v1.Events/Pull"), 2, "say which");
	expect(RUN("call", "No.Service/Get"), 2, "is no service");
}
END_TEST

/* ---- nobody there ---- */

START_TEST(without_services_every_command_that_needs_them_is_exit_code_4)
{
	expect(RUN("call", "placements/GetChild", "{\"childId\": \"x\"}"), 4, "UNAVAILABLE NO_INSTANCE");
	expect(RUN("call", "nothing/GetChild"), 4, "UNAVAILABLE NO_INSTANCE");
	expect(RUN("describe", "placements.GetChild"), 4, "UNAVAILABLE NO_INSTANCE");
	expect(RUN("describe", "hearth.v1.Money"), 4, "no service answers");
	expect(RUN("list"), 4, "finance is not reachable");
	expect(RUN("clock", "get"), 4, "UNAVAILABLE");
	expect(RUN("watch"), 4, "no service answers");
	struct outcome outcome = RUN("status");
	ck_assert_int_eq(outcome.code, 4);
	ck_assert_ptr_nonnull(strstr(outcome.out, "no instance"));
	outcome_done(&outcome);
}
END_TEST

START_TEST(an_address_that_cannot_be_is_said)
{
	const char *const argv[] = {run_hearth_path(), "--services", "carrier-pigeon://loft", "call", "placements/GetChild", NULL};
	struct outcome outcome = run_program(argv, NULL);
	ck_assert_int_eq(outcome.code, 2);
	ck_assert_ptr_nonnull(strstr(outcome.err, "address of placements"));
	outcome_done(&outcome);
}
END_TEST

START_TEST(roles_are_listed_without_services)
{
	expect(RUN("list", "roles"), 0, "PLACEMENT_OFFICER");
}
END_TEST

int main(void)
{
	const struct check_options options = {.setup = make_directory, .teardown = remove_directory, .timeout = 60};
	return CHECK_MAIN_WITH(&options, "cli", help_names_every_command_and_every_exit_code, every_command_has_help_of_its_own,
	                       version_is_text_and_json, a_wrong_command_line_is_exit_code_2_and_says_what_is_wrong,
	                       no_command_at_all_prints_help_and_is_exit_code_2, what_every_service_has_is_called_by_naming_one,
	                       without_services_every_command_that_needs_them_is_exit_code_4, an_address_that_cannot_be_is_said,
	                       roles_are_listed_without_services);
}
