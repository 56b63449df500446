/* report.c: what the running services say of themselves at the end of a run, and what happened, in lines that can be
 * pasted. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <libpq-fe.h>

#include "checker.h"
#include "fault.h"

/* ---- what the services say ---- */

/* The reply of a call for an authority; NULL: it failed, or said something else than JSON. */
static json_t *call(struct fault_run *run, const char *authority, const char *method, const char *request)
{
	char *out = NULL;
	int code = suite_hearth(run->suite, &out, "--timeout", "30", "--authority", authority, "call", method, request,
	                        "--defaults", NULL);
	json_t *reply = code == 0 ? json_loads(out, 0, NULL) : NULL;
	free(out);
	return reply;
}

/* A number, also one that is written as text; -1: there is none. */
static long long number(const json_t *object, const char *name)
{
	const json_t *at = json_object_get(object, name);
	if (at == NULL)
		return -1;
	return json_is_string(at) ? strtoll(json_string_value(at), NULL, 10) : json_integer_value(at);
}

/* finance makes each ledger again from its facts; all pages. */
static int verify_ledger(struct fault_run *run, const char *authority, struct checker_report *report)
{
	char request[200], token[120] = "";
	long long agreements = 0;
	do {
		snprintf(request, sizeof request, "{\"pageSize\": 100, \"pageToken\": \"%s\"}", token);
		json_t *reply = call(run, authority, "finance/VerifyLedger", request);
		if (reply == NULL)
			return -1;
		size_t differences = json_array_size(json_object_get(reply, "differences"));
		if (differences > 0)
			checker_say(report, "VerifyLedger: %zu differences in the ledgers of %s", differences, authority);
		agreements += number(reply, "agreements");
		const char *next = json_string_value(json_object_get(reply, "nextPageToken"));
		snprintf(token, sizeof token, "%s", next != NULL ? next : "");
		json_decref(reply);
	} while (token[0] != '\0');
	if (agreements == 0)
		checker_say(report, "VerifyLedger: no agreement of %s was looked at", authority);
	return 0;
}

static int compare_commitment(struct fault_run *run, const struct checker_money *money, struct checker_report *report)
{
	json_t *reply = call(run, money->authority, "finance/GetCommitment", "{}");
	if (reply == NULL)
		return -1;
	const json_t *totals = json_object_get(reply, "totals");
	long long posted = number(totals, "postedPence"), unposted = number(totals, "unpostedPence");
	long long committed = number(totals, "committedPence");
	if (posted != money->posted || unposted != 0 || committed != money->committed)
		checker_say(report, "commitment: finance says of %s: %lld pence posted, %lld not yet, %lld committed; due are %lld, 0"
		            " and %lld", money->authority, posted, unposted, committed, (long long)money->posted,
		            (long long)money->committed);
	json_decref(reply);
	return 0;
}

int fault_run_ask(struct fault_run *run, struct checker_report *report)
{
	char *out = NULL;
	int code = suite_hearth(run->suite, &out, "--timeout", "30", "audit", "verify", NULL);
	if (code != 0)
		checker_say(report, "hearth audit verify ends with %d: %s", code, out != NULL ? out : "");
	free(out);
	report->checks++;
	for (size_t i = 0; i < report->money_count; i++) {
		report->checks += 2;
		if (verify_ledger(run, report->money[i].authority, report) != 0 ||
		    compare_commitment(run, &report->money[i], report) != 0)
			return -1;
	}
	return 0;
}

/* ---- what happened ---- */

/* Lines of the processes' logs in which one of them became the one that applies a source. */
static long takeovers(const struct fault_run *run)
{
	char path[400], line[4096];
	long count = 0;
	DIR *directory = opendir(suite_directory(run->suite));
	for (const struct dirent *entry = directory != NULL ? readdir(directory) : NULL; entry != NULL; entry = readdir(directory)) {
		if (strstr(entry->d_name, ".log") == NULL)
			continue;
		snprintf(path, sizeof path, "%s/%s", suite_directory(run->suite), entry->d_name);
		FILE *log = fopen(path, "re");
		while (log != NULL && fgets(line, sizeof line, log) != NULL)
			count += strstr(line, " active=yes") != NULL ? 1 : 0;
		if (log != NULL)
			fclose(log);
	}
	if (directory != NULL)
		closedir(directory);
	return count;
}

static long count_of(const struct fault_run *run, const char *sql)
{
	PGconn *db = PQconnectdb(suite_admin_url(run->suite));
	PGresult *result = PQexec(db, sql);
	long count = PQntuples(result) == 1 ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : -1;
	PQclear(result);
	PQfinish(db);
	return count;
}

#define OF_ALL(what) \
	"SELECT (SELECT count(1) FROM referrals." what ") + (SELECT count(1) FROM placements." what ")" \
	" + (SELECT count(1) FROM providers." what ") + (SELECT count(1) FROM finance." what ")" \
	" + (SELECT count(1) FROM careleavers." what ")"

void fault_run_tell(const struct fault_run *run, const struct checker_report *report)
{
	size_t repeated = 0, replayed = 0, writes = atomic_load(&run->shared->count);
	int harms = 0;
	for (size_t i = 0; i < writes; i++) {
		repeated += run->shared->writes[i].tries > 1;
		replayed += run->shared->writes[i].replayed;
	}
	printf("fault: seed %u: %d journeys in %.0f s and %d days, %d to %d processes a service\n", run->seed, run->begun,
	       run->seconds, run->days, 1, suite_instances(run->suite));
	printf("fault: %zu writes, %zu repeated by the caller, %zu answered by replay; longest wait of a write %.1f s, longest"
	       " time in which nobody was answered %.1f s\n", writes, repeated, replayed,
	       (double)atomic_load(&run->shared->longest_write_us) / 1e6, (double)atomic_load(&run->shared->longest_gap_us) / 1e6);
	printf("fault: %zu of the writes were commands left in a spool\n", fault_spool_count(run));
	for (int i = 0; i < FAULT_KINDS; i++) {
		harms += run->counts[i];
		if (run->counts[i] > 0)
			printf("fault: %5d times %s\n", run->counts[i], fault_kind_name((enum fault_kind)i));
	}
	printf("fault: %d harms, %ld times another process took over a source\n", harms, takeovers(run));
	printf("fault: %ld events in %ld partitions, %ld entries of the audit in %ld seals, %ld ledger lines\n",
	       count_of(run, OF_ALL("outbox")), count_of(run, OF_ALL("outbox_part")), count_of(run, OF_ALL("audit")),
	       count_of(run, OF_ALL("audit_seal")), count_of(run, "SELECT count(1) FROM finance.ledger"));
	printf("fault: %zu checks, %zu differences\n", report->checks, report->count);
	fflush(stdout);
}
