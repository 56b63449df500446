/* test_cli_suite.c: the command line with a running suite: calls, events, instances, clocks. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/check_main.h"
#include "../support/private_pg.h"
#include "../support/suite.h"
#include "run_hearth.h"

#define BORN "2005-06-01"
#define CREATE "{\"dateOfBirth\": {\"value\": \"" BORN "\"}}"
#define ID "0192aaaa-0000-7000-8000-000000000001"

static struct suite *suite;

static void start_suite(void)
{
	static const char *const services[] = {"placements", "careleavers", NULL};
	suite = suite_start(&(struct suite_options){.services = services, .instances = 2, .clock = "2022-04-01T09:00:00Z"});
	ck_assert_ptr_nonnull(suite);
}

static void stop_suite(void)
{
	ck_assert_int_eq(suite_stop(&suite), 0);
}

static struct running start(const char *const *arguments)
{
	const char *argv[24] = {run_hearth_path(), "--services", suite_address(suite), "--authority", "999"};
	size_t size = 5;
	while (*arguments != NULL && size < 23)
		argv[size++] = *arguments++;
	return run_start(argv, NULL);
}

static struct outcome run(const char *const *arguments)
{
	struct running running = start(arguments);
	return run_wait(&running);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static int lines(const char *text)
{
	int number = 0;
	for (; *text != '\0'; text++)
		number += *text == '\n';
	return number;
}

static void create_children(int number)
{
	for (int i = 0; i < number; i++) {
		struct outcome outcome = RUN("call", "placements/CreateChild", CREATE);
		ck_assert_msg(outcome.code == 0, "%s", outcome.err);
		outcome_done(&outcome);
	}
}

/* ---- call ---- */

START_TEST(the_same_request_id_again_says_replayed_and_answers_the_same)
{
	struct outcome first = RUN("call", "placements/CreateChild", CREATE, "--request-id", ID);
	struct outcome again = RUN("call", "placements/CreateChild", CREATE, "--request-id", ID);
	ck_assert_msg(first.code == 0 && again.code == 0, "%s%s", first.err, again.err);
	ck_assert_str_eq(first.err, "");
	ck_assert_str_eq(again.err, "replayed\n");
	ck_assert_str_eq(first.out, again.out);
	outcome_done(&first);
	outcome_done(&again);
	again = RUN("call", "placements/CreateChild", "{\"sex\": \"F\"}", "--request-id", ID);
	ck_assert_int_eq(again.code, 1);
	ck_assert_ptr_nonnull(strstr(again.err, "INVALID_ARGUMENT"));
	outcome_done(&again);
}
END_TEST

START_TEST(a_refused_call_prints_code_reason_and_field)
{
	struct outcome outcome = RUN("call", "placements/GetChild", "{\"childId\": \"0192aaaa-0000-7000-8000-00000000000f\"}");
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "NOT_FOUND"));
	ck_assert_str_eq(outcome.out, "");
	outcome_done(&outcome);
	outcome = RUN("call", "placements/CreateChild", "{\"dateOfBirth\": {\"value\": \"2023-02-30\"}}");
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "INVALID_ARGUMENT"));
	ck_assert_ptr_nonnull(strstr(outcome.err, "(date_of_birth"));
	outcome_done(&outcome);
	outcome = RUN("--roles", "PROVIDER", "call", "placements/CreateChild", CREATE);
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "PERMISSION_DENIED"));
	outcome_done(&outcome);
}
END_TEST

/* ---- watch ---- */

START_TEST(watch_shows_an_event_as_it_happens_without_personal_data)
{
	const char *const arguments[] = {"watch", "--type", "hearth.child.*", "--count", "1", "--timeout", "20", "--json", NULL};
	struct running running = start(arguments);
	usleep(1500000);
	create_children(1);
	struct outcome outcome = run_wait(&running);
	ck_assert_msg(outcome.code == 0, "%s", outcome.err);
	json_t *event = json_loads(outcome.out, 0, NULL);
	ck_assert_ptr_nonnull(event);
	ck_assert_str_eq(json_string_value(json_object_get(event, "type")), "hearth.child.recorded.v1");
	ck_assert_ptr_nonnull(json_object_get(json_object_get(event, "data"), "childId"));
	ck_assert_ptr_null(strstr(outcome.out, BORN));
	json_decref(event);
	outcome_done(&outcome);
}
END_TEST

START_TEST(watch_goes_on_where_its_cursor_file_says)
{
	char cursor[] = P_tmpdir "/hearth-cursor-XXXXXX";
	int fd = mkstemp(cursor);
	ck_assert_int_ge(fd, 0);
	close(fd);
	unlink(cursor);
	create_children(3);
	struct outcome first = RUN("watch", "--service", "placements", "--from-start", "--cursor", cursor, "--count", "2", "--json");
	struct outcome second = RUN("watch", "--service", "placements", "--from-start", "--cursor", cursor, "--count", "1", "--json");
	ck_assert_msg(first.code == 0 && second.code == 0, "%s%s", first.err, second.err);
	ck_assert_int_eq(lines(first.out), 2);
	ck_assert_int_eq(lines(second.out), 1);
	struct outcome peek = RUN("watch", "--service", "placements", "--from-start", "--count", "3", "--json");
	ck_assert_uint_eq(strlen(peek.out), strlen(first.out) + strlen(second.out));
	ck_assert_int_eq(strncmp(peek.out, first.out, strlen(first.out)), 0);
	ck_assert_str_eq(peek.out + strlen(first.out), second.out);
	outcome_done(&first);
	outcome_done(&second);
	outcome_done(&peek);
	unlink(cursor);
}
END_TEST

START_TEST(watch_says_when_its_count_was_not_reached)
{
	struct outcome outcome = RUN("watch", "--type", "nothing.*", "--count", "1", "--timeout", "2");
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_str_eq(outcome.out, "");
	outcome_done(&outcome);
	outcome = RUN("watch", "--type", "nothing.*", "--timeout", "1");
	ck_assert_int_eq(outcome.code, 0);
	outcome_done(&outcome);
}
END_TEST

START_TEST(a_cursor_of_another_history_stops_the_watch_and_says_so)
{
	char cursor[] = P_tmpdir "/hearth-cursor-XXXXXX";
	static const char text[] = "{\"placements\": {\"epoch\": \"0192aaaa-0000-4000-8000-000000000009\", \"seq\": \"1\"}}";
	int fd = mkstemp(cursor);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	struct outcome outcome = RUN("watch", "--service", "placements", "--since-cursor", cursor, "--timeout", "10");
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "placements: FAILED_PRECONDITION FOREIGN_EPOCH"));
	outcome_done(&outcome);
	unlink(cursor);
}
END_TEST

/* ---- status and clock ---- */

START_TEST(status_shows_every_instance_and_consumer)
{
	struct outcome outcome = RUN("status", "careleavers");
	ck_assert_msg(outcome.code == 0, "%s%s", outcome.out, outcome.err);
	ck_assert_ptr_nonnull(strstr(outcome.out, "ready"));
	ck_assert_ptr_nonnull(strstr(outcome.out, "CONSUMER"));
	outcome_done(&outcome);
	outcome = RUN("status", "--json");
	ck_assert_int_eq(outcome.code, 4);      /* finance and others do not run here */
	json_t *root = json_loads(outcome.out, 0, NULL);
	size_t i;
	const json_t *service;
	ck_assert_uint_eq(json_array_size(json_object_get(root, "services")), 5);
	json_array_foreach(json_object_get(root, "services"), i, service) {
		const char *name = json_string_value(json_object_get(service, "service"));
		bool runs = strcmp(name, "placements") == 0 || strcmp(name, "careleavers") == 0;
		ck_assert_uint_eq(json_array_size(json_object_get(service, "instances")), runs ? 2 : 0);
	}
	json_decref(root);
	outcome_done(&outcome);
}
END_TEST

START_TEST(the_clock_of_every_instance_is_driven_forward_only)
{
	struct outcome outcome = RUN("clock", "advance", "1d12h", "--json");
	ck_assert_msg(outcome.code == 0, "%s", outcome.err);
	json_t *clocks = json_loads(outcome.out, 0, NULL);
	ck_assert_uint_eq(json_array_size(clocks), 4);
	const char *now = json_string_value(json_object_get(json_array_get(clocks, 0), "now"));
	ck_assert_int_eq(strncmp(now, "2022-04-02T21:", 14), 0);
	json_decref(clocks);
	outcome_done(&outcome);
	outcome = RUN("clock", "set", "2022-04-01");
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "FAILED_PRECONDITION"));
	outcome_done(&outcome);
}
END_TEST

START_TEST(status_shows_no_numbers_of_a_consumer_whose_database_is_away)
{
	struct suite *shared = suite;
	struct support_pg *pg = support_pg_start_own(NULL);
	ck_assert_ptr_nonnull(pg);
	static const char *const services[] = {"placements", "careleavers", NULL};
	suite = suite_start(&(struct suite_options){.services = services, .instances = 1, .clock = "2022-04-01T09:00:00Z", .pg = pg});
	ck_assert_ptr_nonnull(suite);
	ck_assert_int_eq(support_pg_kill(pg), 0);
	bool said = false;
	for (int tries = 0; tries < 60 && !said; tries++) {
		struct outcome outcome = RUN("status", "careleavers");
		ck_assert_int_ne(outcome.code, 0);
		const char *consumers = strstr(outcome.out, "CONSUMER");
		ck_assert_ptr_nonnull(consumers);
		said = strstr(outcome.out, "not ready") != NULL && strstr(consumers, " -  ") != NULL;
		ck_assert_msg(!said || strstr(consumers, " 0  ") == NULL, "%s", outcome.out);
		outcome_done(&outcome);
		usleep(250000);
	}
	ck_assert_msg(said, "status never said that the consumer is not known");
	ck_assert_int_eq(support_pg_restart(pg), 0);
	ck_assert_int_eq(suite_stop(&suite), 0);
	support_pg_stop(&pg);
	suite = shared;
}
END_TEST

START_TEST(a_call_without_authority_says_how_to_give_one)
{
	const char *const argv[] = {run_hearth_path(), "--services", suite_address(suite), "call", "placements/GetChild",
	                            "{\"childId\": \"" ID "\"}", NULL};
	struct outcome outcome = run_program(argv, NULL);
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "PERMISSION_DENIED NO_AUTHORITY"));
	ck_assert_ptr_nonnull(strstr(outcome.err, "give --authority CODE, or HEARTH_AUTHORITY"));
	outcome_done(&outcome);
}
END_TEST

START_TEST(a_day_out_of_range_is_told_the_range)
{
	struct outcome outcome = RUN("call", "careleavers/ListYoungPeople", "{\"date\": \"9999-12-31\"}");
	ck_assert_int_eq(outcome.code, 1);
	ck_assert_ptr_nonnull(strstr(outcome.err, "a day from 1900-01-01 to 2199-12-31"));
	outcome_done(&outcome);
}
END_TEST

int main(void)
{
	const struct check_options options = {.setup = start_suite, .teardown = stop_suite, .timeout = 90};
	return CHECK_MAIN_WITH(&options, "cli_suite", the_same_request_id_again_says_replayed_and_answers_the_same,
	                       a_refused_call_prints_code_reason_and_field,
	                       watch_shows_an_event_as_it_happens_without_personal_data,
	                       watch_goes_on_where_its_cursor_file_says, watch_says_when_its_count_was_not_reached,
	                       a_cursor_of_another_history_stops_the_watch_and_says_so,
	                       status_shows_every_instance_and_consumer, the_clock_of_every_instance_is_driven_forward_only,
	                       a_call_without_authority_says_how_to_give_one, a_day_out_of_range_is_told_the_range,
	                       status_shows_no_numbers_of_a_consumer_whose_database_is_away);
}
