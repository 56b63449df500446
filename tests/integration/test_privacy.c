/* test_privacy.c: after whole journeys of children with an unmistakable date of birth and postcode, neither is in any
 * log at debug level, in what `hearth watch` shows, in the bytes that Watch sends, in metrics, or in an error. The full
 * postcode is nowhere at all; the date of birth travels in Pull between services, which is how the test knows that it
 * would find it. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearth/events/v1/events.pb-c.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "../support/metrics_text.h"
#include "catalogue.h"
#include "run_hearth.h"
#include "tables.h"
#include "world.h"

#define AUTHORITY "941"
#define BORN "1911-02-03"

/* The date of birth as services, returns and people write it, the days that follow from it, and the postcode. */
static const char *const secrets[] = { BORN, "1911-02", "03/02/1911", "19110203", "1925-02-03", "1927-02-03", "1929-02-03",
	"QX9 9QX", "QX99QX", "9QX", "qx9 9qx" };

static struct suite *suite;

static void start_suite(void)
{
	static const char *const flags[] = { "--log-level", "debug", NULL };
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .flags = flags });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- looking ---- */

static void assert_clean(const void *bytes, size_t size, const char *where)
{
	for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
		const char *at = memmem(bytes, size, secrets[i], strlen(secrets[i]));
		if (at == NULL)
			continue;
		const char *begin = at, *end = at;
		while (begin > (const char *)bytes && begin[-1] != '\n' && at - begin < 200)
			begin--;
		while (end < (const char *)bytes + size && *end != '\n' && end - at < 100)
			end++;
		ck_abort_msg("%s holds %s: %.*s", where, secrets[i], (int)(end - begin), begin);
	}
}

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s", path);
	struct stat about;
	fstat(fileno(file), &about);
	char *text = calloc(1, (size_t)about.st_size + 1);
	ck_assert_uint_eq(fread(text, 1, (size_t)about.st_size, file), (size_t)about.st_size);
	fclose(file);
	return text;
}

/* ---- the journeys ---- */

static void write_file(const char *directory, const char *name, const char *text)
{
	char path[160];
	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void import_return(void)
{
	char directory[128];
	snprintf(directory, sizeof directory, "%s/return", suite_directory(suite));
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	write_file(directory, "header.csv", "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB\n555,1,03/02/1911,WBRI,UN5,,\n");
	write_file(directory, "episodes.csv",
	           "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN\n"
	           "555,01/05/2022,S,C2,N1,U6,PR1,,,,QX9 9QX,qx99qx,SC000001\n");
	const char *const argv[] = { run_hearth_path(), "--services", suite_address(suite), "--authority", AUTHORITY, "import",
		                         "ssda903", directory, NULL };
	struct outcome outcome = run_program(argv, NULL);
	ck_assert_msg(outcome.code == 0, "%s%s", outcome.out, outcome.err);
	assert_clean(outcome.out, strlen(outcome.out), "what import prints");
	assert_clean(outcome.err, strlen(outcome.err), "what import says");
	outcome_done(&outcome);
	tables_settle(suite);
}

static void ask_wrongly(void)
{
	static const struct { const char *service, *method, *request; } tries[] = {
		{ "placements", "CreateChild", "{'dateOfBirth':{'value':'" BORN "'},'sex':'X'}" },
		{ "placements", "CreateChild", "{'dateOfBirth':{'value':'" BORN " '}}" },
		{ "placements", "CreateChild", "{'dateOfBirth':{'value':'03/02/1911'}}" },
		{ "placements", "CreateChild",
		  "{'dateOfBirth':{'value':'" BORN "'},'externalIds':[{'system':'mosaic','id':'C-1'}]}" },
		{ "placements", "ImportEpisodes", "{'children':[{'child':'555','dateOfBirth':{'value':'" BORN "'},"
		  "'returnYear':2023}],'episodes':[{'child':'555','decom':'2022-05-01','ls':'Z9','returnYear':2023}]}" },
		{ "placements", "ImportEpisodes", "{'children':[{'child':'555','dateOfBirth':{'value':'19110203'},"
		  "'returnYear':2023}]}" },
		{ "placements", "ImportEpisodes",
		  "{'episodes':[{'child':'555','decom':'2022-05-01','homeOutward':'QX9 9QX','returnYear':2023}]}" },
		{ "referrals", "CreateReferral",
		  "{'childId':'$child','urgency':'URGENT','neededBy':'2024-02-31','dateOfBirth':{'value':'" BORN "'}}" },
		{ "referrals", "CreateReferral", "{'childId':'$child','urgency':'URGENT','dateOfBirth':{'value':'1911-02-3'}}" },
		{ "referrals", "UpdateReferral", "{'referralId':'$referral','dateOfBirth':{'value':'" BORN "'}}" },
		{ "providers", "UpsertHome", "{'providerId':'$provider','kind':'FOSTERING','outward':'QX9 9QX'}" },
		{ "providers", "ListHomes", "{'outward':'QX9 9QX'}" },
		{ "providers", "LookupPostcode", "{'postcode':'qx9 9qx'}" },
		{ "providers", "LookupPostcode", "{'postcode':'QX9 9QX1'}" },
		{ "providers", "ImportPostcodes", "{'vintage':'2024','rows':[{'postcode':'QX9 9QX'},{'postcode':'QX99QX'}]}" },
		{ "providers", "ImportPostcodes", "{'vintage':'2024','rows':[{'postcode':'QX9 9QX','terminated':'QX9 9QX'}]}" },
	};
	static const char *const typed[] = { "{\"dateOfBirth\": \"" BORN "\"}", "{\"dateOfBirth\": \"" BORN "\" \"" BORN "\"}",
		"{\"dateOfBirth\": {\"value\": \"" BORN "\"}", "{\"" BORN "\": 1, \"sex\": \"QX9 9QX\"" };
	struct world world;
	world_build(&world, suite, AUTHORITY, BORN, false);
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		char *request = world_fill(&world, tries[i].request);
		struct world_answer answer =
			world_ask(suite, AUTHORITY, catalogue_find(tries[i].service, tries[i].method), request, NULL);
		ck_assert_msg(answer.reply == NULL, "%s took %s", tries[i].method, request);
		assert_clean(answer.status.message, strlen(answer.status.message), "an error's message");
		assert_clean(answer.status.field, strlen(answer.status.field), "an error's field");
		free(request);
	}
	for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
		const char *const argv[] = { run_hearth_path(), "--services", suite_address(suite), "--authority", AUTHORITY,
			                         "call", "placements/CreateChild", typed[i], NULL };
		struct outcome outcome = run_program(argv, NULL);
		ck_assert_int_eq(outcome.code, 1);
		assert_clean(outcome.err, strlen(outcome.err), "what hearth call says");
		outcome_done(&outcome);
	}
}

/* Reads of everything, so that their lines are in the logs too. */
static void read_everything(void)
{
	static const char *const lists[][2] = { { "placements", "ListChildren" }, { "placements", "ListLookedAfter" },
		{ "referrals", "ListReferrals" }, { "careleavers", "ListYoungPeople" } };
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		struct world_answer answer = world_ask(suite, AUTHORITY, catalogue_find(lists[i][0], lists[i][1]), "{}", NULL);
		ck_assert_msg(answer.reply != NULL, "%s: %s", lists[i][1], answer.status.message);
		json_decref(answer.reply);
	}
}

/* ---- what got out ---- */

struct caught { uint8_t *bytes; size_t size; };

static void catch_reply(void *context, const struct hearth_reply *reply)
{
	struct caught *caught = context;
	ck_assert_msg(reply->status.code == HEARTH_OK, "%s", reply->status.message);
	caught->bytes = malloc(reply->size + 1);
	memcpy(caught->bytes, reply->payload, reply->size);
	caught->size = reply->size;
}

static struct caught catch_bytes(const char *service, const char *method, const ProtobufCMessage *request)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct caught caught = { NULL, 0 };
	const struct catalogue_row *row = catalogue_find(service, method);
	ck_assert_int_eq(hearth_client_send(world_client(suite, AUTHORITY), catalogue_call_name(row), request, NULL, catch_reply,
	                                    &caught, &status), 0);
	hearth_client_run(world_client(suite, AUTHORITY), 5000);
	ck_assert_ptr_nonnull(caught.bytes);
	return caught;
}

static void check_events(const char *service)
{
	Hearth__Events__V1__WatchRequest watch = HEARTH__EVENTS__V1__WATCH_REQUEST__INIT;
	Hearth__Events__V1__PullRequest pull = HEARTH__EVENTS__V1__PULL_REQUEST__INIT;
	watch.page_size = pull.page_size = 1000;
	struct caught shown = catch_bytes(service, "Watch", &watch.base), told = catch_bytes(service, "Pull", &pull.base);
	assert_clean(shown.bytes, shown.size, "Watch");
	bool holds = memmem(told.bytes, told.size, BORN, strlen(BORN)) != NULL;
	ck_assert_msg(holds == (strcmp(service, "placements") == 0), "Pull of %s %s the date of birth", service,
	              holds ? "holds" : "has lost");
	ck_assert_ptr_null(memmem(told.bytes, told.size, "9QX", 3));
	free(shown.bytes);
	free(told.bytes);
}

static void check_watch(void)
{
	for (int json = 0; json < 2; json++) {
		const char *const argv[] = { run_hearth_path(), "--services", suite_address(suite), "--authority", AUTHORITY,
			                         "watch", "--from-start", "--timeout", "2", json ? "--json" : NULL, NULL };
		struct outcome outcome = run_program(argv, NULL);
		ck_assert_msg(strstr(outcome.out, "hearth.child.recorded.v1") != NULL, "%s", outcome.err);
		ck_assert_ptr_nonnull(strstr(outcome.out, "hearth.child.history_recorded.v1"));
		ck_assert_ptr_nonnull(strstr(outcome.out, "hearth.referral.opened.v1"));
		assert_clean(outcome.out, strlen(outcome.out), "hearth watch");
		assert_clean(outcome.err, strlen(outcome.err), "hearth watch");
		outcome_done(&outcome);
	}
}

static void check_metrics(const char *service)
{
	struct world_answer answer = world_ask(suite, "", catalogue_find(service, "GetInstance"), "{}", NULL);
	ck_assert_ptr_nonnull(answer.reply);
	char *text = metrics_text(json_at(answer.reply, "metricsAddress"));
	json_decref(answer.reply);
	assert_clean(text, strlen(text), "metrics");
	free(text);
}

static void check_logs(void)
{
	DIR *directory = opendir(suite_directory(suite));
	size_t logs = 0;
	bool reads = false;
	ck_assert_ptr_nonnull(directory);
	for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory)) {
		char path[512];
		if (strstr(entry->d_name, ".log") == NULL)
			continue;
		snprintf(path, sizeof path, "%s/%s", suite_directory(suite), entry->d_name);
		char *text = read_file(path);
		assert_clean(text, strlen(text), entry->d_name);
		reads |= strstr(text, "Placements/ListChildren code=OK") != NULL;
		logs++;
		free(text);
	}
	closedir(directory);
	ck_assert_uint_ge(logs, 5);
	ck_assert_msg(reads, "the logs are not at debug level: the check proves nothing");
}

static long rows_with(const char *text)
{
	char *all = tables_texts(suite), *at = all;
	long count = 0;
	while ((at = strstr(at, text)) != NULL) {
		count++;
		at += strlen(text);
	}
	free(all);
	return count;
}

START_TEST(neither_birth_date_nor_postcode_leaves_the_services)
{
	import_return();
	ask_wrongly();
	read_everything();
	for (const char *const *service = catalogue_services; *service != NULL; service++) {
		check_events(*service);
		check_metrics(*service);
	}
	check_watch();
	check_logs();
	ck_assert_int_gt(rows_with(BORN), 5);
	ck_assert_int_eq(rows_with("9QX") + rows_with("9qx"), 0);
	ck_assert_int_gt(rows_with("QX9"), 0);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "privacy", neither_birth_date_nor_postcode_leaves_the_services);
}
