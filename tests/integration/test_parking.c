/* test_parking.c: an event that cannot be applied is parked, and later ones of its child behind it; all others go on; an
 * operator tries again or skips; order within a child holds whatever happens. careleavers hears placements. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearth/events/v1/events.pb-c.h>
#include <hearth/text.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "catalogue.h"
#include "heard.h"
#include "tables.h"
#include "world.h"

#define CHILD "0190b3c2-7d1e-7abc-8def-0000000000"

static struct suite *suite;

static void start_suite(void)
{
	static const char *const services[] = { "placements", "careleavers", "providers", NULL };
	static const char *const flags[] = { "--log-level", "debug", NULL };
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .instances = 2, .services = services,
	                                             .flags = flags });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

static bool parked(long wanted)
{
	return heard_comes(suite, "SELECT count(*) FROM careleavers.parked", wanted, 12000);
}

static bool applied_all(int ms)
{
	return heard_comes(suite, "SELECT (coalesce((SELECT seq FROM careleavers.cursor WHERE source = 'placements'), 0) >= "
	                   "coalesce((SELECT max(seq) FROM placements.outbox), 0))::int", 1, ms);
}

static long first_id(void)
{
	return tables_number(suite, "SELECT min(place) FROM careleavers.parked");
}

/* `hearth events VERB careleavers ID`; what it printed, to be freed. */
static char *events(int wanted, const char *verb, long id, const char *why)
{
	char number[24], *out = NULL;
	snprintf(number, sizeof number, "%ld", id);
	int code = why ? suite_hearth(suite, &out, "--json", "--actor", "op-7", "events", verb, "careleavers", number, "--why", why, NULL)
	               : suite_hearth(suite, &out, "--json", "--actor", "op-7", "events", verb, "careleavers", number, NULL);
	ck_assert_msg(code == wanted, "events %s: %d %s", verb, code, out ? out : "");
	return out;
}


/* The call's answer by careleavers; NULL with the status. */
static struct world_answer order(const char *method, const char *request, const struct hearth_uuid *id)
{
	return world_ask(suite, "", catalogue_find("careleavers", method), request, id);
}

START_TEST(an_event_that_keeps_failing_is_parked_with_those_behind_it_and_others_go_on)
{
	heard_poison(suite, CHILD "11", "22000");
	heard_tell(suite, CHILD "11", "2010-01-01");
	heard_tell(suite, CHILD "12", "2010-01-01");
	heard_tell(suite, CHILD "11", "2010-01-02");
	ck_assert(parked(2));
	heard_tell(suite, CHILD "11", "2010-01-03");
	heard_tell(suite, CHILD "13", "2010-01-01");
	ck_assert(parked(3));
	ck_assert(applied_all(5000));
	ck_assert_int_eq(heard_effects(suite, CHILD "11"), 0);
	ck_assert_int_eq(heard_effects(suite, CHILD "12"), 1);
	ck_assert_int_eq(heard_effects(suite, CHILD "13"), 1);
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked WHERE failed AND tries = 3 AND "
	                               "sqlstate = '22000'"), 1);
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked WHERE NOT failed AND tries = 0"), 2);
	/* The operator is told. */
	usleep(1200000);
	for (int i = 0; i < 2; i++)
		ck_assert_double_eq(heard_metric(suite, "careleavers", i, "hearth_events_parked{source=\"placements\"} "), 3);
	char *out = NULL;
	ck_assert_int_eq(suite_hearth(suite, &out, "status", "careleavers", NULL), 1);
	ck_assert_ptr_nonnull(strstr(out, "PARKED"));
	free(out);
	ck_assert_int_eq(suite_hearth(suite, &out, "events", "list", "careleavers", NULL), 0);
	ck_assert_ptr_nonnull(strstr(out, "FAILED"));
	ck_assert_ptr_nonnull(strstr(out, "BEHIND"));
	ck_assert_ptr_null(strstr(out, "2010-"));
	free(out);
	/* Failing again changes nothing of the order. */
	free(events(1, "retry", first_id(), NULL));
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked WHERE failed AND tries = 4"), 1);
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked WHERE ordered IS NOT NULL"), 0);
	/* Cured: all of the child by one order, also one that names a later event. */
	heard_cure(suite);
	long last = tables_number(suite, "SELECT max(place) FROM careleavers.parked");
	free(events(0, "retry", last, NULL));
	ck_assert(parked(0));
	ck_assert_int_eq(heard_effects(suite, CHILD "11"), 3);
	ck_assert_str_eq(heard_born(suite, CHILD "11"), "2010-01-03");
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked_decision WHERE what = 'APPLIED' AND "
	                               "who = 'op-7'"), 3);
	heard_tell(suite, CHILD "11", "2010-01-04");
	ck_assert(applied_all(5000));
	ck_assert_int_eq(heard_effects(suite, CHILD "11"), 4);
}
END_TEST

START_TEST(what_is_skipped_is_never_applied_and_who_when_and_why_are_kept)
{
	heard_poison(suite, CHILD "21", "23514");
	heard_tell(suite, CHILD "21", "2010-02-01");
	heard_tell(suite, CHILD "21", "2010-02-02");
	heard_tell(suite, CHILD "21", "2010-02-03");
	ck_assert(parked(3));
	long first = first_id();
	heard_cure(suite);
	char id[80];
	snprintf(id, sizeof id, "{\"id\":\"%ld\"}", first);
	struct world_answer refused = order("SkipParked", id, NULL);
	ck_assert_int_eq(refused.status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_str_eq(refused.status.field, "why");
	/* One in the middle leaves alone; the first one, and the rest of the child follows. */
	free(events(0, "skip", first + 1, "DUPLICATE"));
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked"), 2);
	ck_assert_int_eq(heard_effects(suite, CHILD "21"), 0);
	free(events(0, "skip", first, "WRONG_CHILD"));
	ck_assert(parked(0));
	ck_assert_int_eq(heard_effects(suite, CHILD "21"), 1);
	ck_assert_str_eq(heard_born(suite, CHILD "21"), "2010-02-03");
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked_decision WHERE what = 'SKIPPED' AND "
	                               "who = 'op-7' AND why IN ('DUPLICATE', 'WRONG_CHILD') AND at IS NOT NULL"), 2);
	char *out = events(0, "show", first, NULL);
	ck_assert_ptr_nonnull(strstr(out, "WRONG_CHILD"));
	ck_assert_ptr_nonnull(strstr(out, "SKIPPED"));
	free(out);
	/* History is not overwritten: the service's own role cannot. */
	ck_assert_int_eq(tables_number(suite, "SELECT (NOT has_table_privilege('hearth_careleavers', "
	                               "'careleavers.parked_decision', 'UPDATE, DELETE'))::int"), 1);
}
END_TEST

START_TEST(order_holds_while_events_of_the_child_keep_coming)
{
	heard_poison(suite, CHILD "3%", "P0001");
	heard_sql(suite, "INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, "
	          "payload, personal) SELECT 'hearth.child.recorded.v1', 'child', k.id, n, k.id, '" HEARD_AUTHORITY "', "
	          "'2024-06-03T09:00:00Z', jsonb_build_object('childId', k.id), jsonb_build_object('dateOfBirth', "
	          "jsonb_build_object('value', DATE '2005-01-01' + n)) FROM generate_series(1, 200) n CROSS JOIN (VALUES ('"
	          CHILD "31'), ('" CHILD "32'), ('" CHILD "41')) k(id) ORDER BY n, k.id");
	ck_assert(parked(400));
	ck_assert_int_eq(heard_effects(suite, CHILD "41"), 200);
	heard_cure(suite);
	pid_t teller = fork();
	if (teller == 0) {
		for (int day = 0; day < 300; day++) {
			char born[16];
			snprintf(born, sizeof born, "2008-%02d-%02d", 1 + day / 28, 1 + day % 28);
			heard_tell(suite, CHILD "31", born);
			heard_tell(suite, CHILD "41", born);
		}
		_exit(0);
	}
	free(events(0, "retry", first_id(), NULL));
	ck_assert(waitpid(teller, NULL, 0) == teller);
	ck_assert(applied_all(15000));
	ck_assert(heard_comes(suite, "SELECT count(*) FROM careleavers.parked WHERE key LIKE '%31'", 0, 15000));
	ck_assert_int_eq(heard_effects(suite, CHILD "31"), 500);
	ck_assert_str_eq(heard_born(suite, CHILD "31"), "2008-11-20");
	ck_assert_int_eq(heard_effects(suite, CHILD "41"), 500);
	ck_assert_int_eq(heard_effects(suite, CHILD "32"), 0);
	free(events(0, "retry", first_id(), NULL));
	ck_assert(parked(0));
	ck_assert_int_eq(heard_effects(suite, CHILD "32"), 200);
	ck_assert_str_eq(heard_born(suite, CHILD "32"), "2005-07-20");
}
END_TEST

START_TEST(an_error_that_passes_parks_nothing)
{
	static const char *const passing[] = { "08006", "40001", "53100", "55P03", "57014" };
	for (size_t i = 0; i < sizeof passing / sizeof passing[0]; i++) {
		char child[64];
		snprintf(child, sizeof child, CHILD "5%zu", i);
		heard_poison(suite, child, passing[i]);
		heard_tell(suite, child, "2010-05-01");
		usleep(i == 2 ? 4500000 : 600000);
		ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked"), 0);
		ck_assert_int_eq(heard_effects(suite, child), 0);
		heard_cure(suite);
		ck_assert(applied_all(15000));
		ck_assert_int_eq(heard_effects(suite, child), 1);
	}
}
END_TEST

/* The text of each log of the suite's processes. */
static void check_logs(const char *hidden)
{
	char command[400];
	snprintf(command, sizeof command, "grep -l '%s' %s/*.log", hidden, suite_directory(suite));
	FILE *found = popen(command, "r");
	char line[300] = "";
	ck_assert_msg(!fgets(line, sizeof line, found), "%s holds it", line);
	pclose(found);
	snprintf(command, sizeof command, "grep -c 'parked' %s/*careleavers*.log | grep -v ':0$'", suite_directory(suite));
	found = popen(command, "r");
	ck_assert_msg(fgets(line, sizeof line, found), "nobody logged that an event was parked");
	pclose(found);
}

START_TEST(what_is_shown_of_a_parked_event_holds_no_birth_date_and_what_is_applied_does)
{
	heard_poison(suite, CHILD "61", "22000");
	heard_tell(suite, CHILD "61", "1913-07-06");
	ck_assert(parked(1));
	char *shown = events(0, "show", first_id(), NULL);
	ck_assert_ptr_nonnull(strstr(shown, CHILD "61"));
	ck_assert_ptr_nonnull(strstr(shown, "childId"));
	ck_assert_ptr_null(strstr(shown, "1913"));
	free(shown);
	char request[64];
	snprintf(request, sizeof request, "{\"id\":\"%ld\"}", first_id());
	struct world_answer answer = order("GetParked", request, NULL);
	ck_assert_ptr_nonnull(answer.reply);
	char *text = json_dumps(answer.reply, JSON_COMPACT);
	ck_assert_ptr_null(strstr(text, "1913"));
	/* Not in the encoded data either, which is base64 in JSON. */
	ck_assert_uint_lt(strlen(json_at(answer.reply, "event.data")), 60);
	free(text);
	json_decref(answer.reply);
	check_logs("1913-07-06");
	heard_cure(suite);
	free(events(0, "retry", first_id(), NULL));
	ck_assert_str_eq(heard_born(suite, CHILD "61"), "1913-07-06");
	check_logs("1913-07-06");
}
END_TEST

START_TEST(an_order_sent_twice_has_one_effect_and_of_what_is_not_parked_none)
{
	struct hearth_uuid id;
	char request[64];
	heard_poison(suite, CHILD "71", "22000");
	heard_tell(suite, CHILD "71", "2010-07-01");
	ck_assert(parked(1));
	hearth_uuid_new(&id);
	snprintf(request, sizeof request, "{\"id\":\"%ld\",\"why\":\"NO\"}", first_id());
	for (int i = 0; i < 2; i++) {
		struct world_answer answer = order("SkipParked", request, &id);
		ck_assert_msg(answer.reply != NULL, "%s %s", answer.status.reason, answer.status.message);
		ck_assert_int_eq(answer.replayed, i == 1);
		json_decref(answer.reply);
		ck_assert(parked(0));
	}
	ck_assert_int_eq(tables_number(suite, "SELECT count(*) FROM careleavers.parked_decision WHERE why = 'NO'"), 1);
	struct world_answer gone = order("RetryParked", "{\"id\":\"1\"}", NULL);
	ck_assert_int_eq(gone.status.code, HEARTH_NOT_FOUND);
	struct world_answer nobody = order("Bootstrap", "{\"source\":\"finance\"}", NULL);
	ck_assert_int_eq(nobody.status.code, HEARTH_INVALID_ARGUMENT);
	heard_cure(suite);
}
END_TEST

/* A suite of the test's own: as many as the table may hold are three. */
START_TEST(past_the_bound_nothing_more_is_parked_and_what_waits_is_applied_once_there_is_room)
{
	static const char *const services[] = { "placements", "careleavers", "providers", NULL };
	static const char *const flags[] = { "--parked-most", "3", NULL };
	struct suite *small = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .services = services, .flags = flags });
	char born[16], *out = NULL;
	ck_assert_ptr_nonnull(small);
	tables_forget();
	heard_poison(small, CHILD "91", "22000");
	for (int day = 1; day <= 7; day++) {
		snprintf(born, sizeof born, "2010-09-%02d", day);
		heard_tell(small, CHILD "91", born);
		heard_tell(small, CHILD "92", born);
	}
	ck_assert(heard_comes(small, "SELECT count(*) FROM careleavers.parked", 3, 12000));
	usleep(2500000);
	ck_assert_int_eq(tables_number(small, "SELECT count(*) FROM careleavers.parked"), 3);
	ck_assert_int_eq(heard_effects(small, CHILD "92"), 3);
	ck_assert_int_eq(suite_hearth(small, &out, "status", "careleavers", NULL), 1);
	ck_assert_msg(strstr(out, "PARKED_FULL") != NULL, "%s", out);
	free(out);
	heard_cure(small);
	char id[24];
	snprintf(id, sizeof id, "%ld", tables_number(small, "SELECT min(place) FROM careleavers.parked"));
	ck_assert_int_eq(suite_hearth(small, NULL, "events", "retry", "careleavers", id, NULL), 0);
	ck_assert(heard_comes(small, "SELECT version FROM careleavers.young_person WHERE child_id = '" CHILD "92'", 7, 15000));
	ck_assert_int_eq(heard_effects(small, CHILD "91"), 7);
	ck_assert_str_eq(heard_born(small, CHILD "91"), "2010-09-07");
	ck_assert_int_eq(tables_number(small, "SELECT count(*) FROM careleavers.parked"), 0);
	PQfinish(tables_db(small));
	tables_forget();
	ck_assert_int_eq(suite_stop(&small), 0);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "parking",
	                       an_event_that_keeps_failing_is_parked_with_those_behind_it_and_others_go_on,
	                       what_is_skipped_is_never_applied_and_who_when_and_why_are_kept,
	                       order_holds_while_events_of_the_child_keep_coming, an_error_that_passes_parks_nothing,
	                       what_is_shown_of_a_parked_event_holds_no_birth_date_and_what_is_applied_does,
	                       an_order_sent_twice_has_one_effect_and_of_what_is_not_parked_none,
	                       past_the_bound_nothing_more_is_parked_and_what_waits_is_applied_once_there_is_room);
}
