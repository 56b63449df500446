/* test_audit.c: who wrote and who read is noted with the write, before the answer of the read, exactly; the chain shows
 * what was changed since; retention removes whole seals and says so. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearth/clock.h>
#include <hearth/text.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "catalogue.h"
#include "heard.h"
#include "tables.h"
#include "world.h"

#define OFFICERS (UINT32_C(1) << 1)
#define SYSTEMS (UINT32_C(1) << 7)

static struct suite *suite;

static void start_suite(void)
{
	static const char *const flags[] = { "--audit-retention", "1000", NULL };
	suite = suite_start(&(struct suite_options){ .instances = 2, .clock = WORLD_CLOCK, .flags = flags });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- small things ---- */

static long number(const char *format, ...) __attribute__((format(printf, 1, 2)));
static long number(const char *format, ...)
{
	char sql[8192];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(sql, sizeof sql, format, arguments);
	va_end(arguments);
	return tables_number(suite, sql);
}

/* The SQLSTATE of a statement, "" when it went well. */
static const char *run_on(PGconn *db, const char *sql)
{
	static char state[8];
	PGresult *result = PQexec(db, sql);
	const char *found = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	snprintf(state, sizeof state, "%s", found ? found : "");
	PQclear(result);
	return state;
}

static void run(const char *sql)
{
	const char *state = run_on(tables_db(suite), sql);
	ck_assert_msg(state[0] == '\0', "%s: %s", state, sql);
}

static PGconn *connect_as(const char *role)
{
	char sql[128];
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	snprintf(sql, sizeof sql, "SET ROLE %s; SET search_path = referrals; SET lock_timeout = '2s'", role);
	ck_assert_str_eq(run_on(db, sql), "");
	return db;
}

static long notes(const char *service, const char *kind, const char *method, const char *authority)
{
	return number("SELECT count(*) FROM %s.audit WHERE kind = '%s' AND method = '%s' AND authority = '%s'", service, kind,
	              method, authority);
}

/* Until nothing is unsealed in a service. */
static void wait_sealed(const char *service)
{
	for (int tries = 0; tries < 400; tries++) {
		if (number("SELECT (coalesce(max(id), 0) <= coalesce((SELECT max(last) FROM %s.audit_seal), 0))::int FROM %s.audit",
		           service, service))
			return;
		usleep(25000);
	}
	ck_abort_msg("the audit of %s was not sealed", service);
}

/* What `hearth audit verify` says of referrals; to be freed. */
static char *verify(int wanted)
{
	char *out = NULL;
	int code = suite_hearth(suite, &out, "audit", "verify", "referrals", NULL);
	ck_assert_msg(code == wanted, "exit code %d: %s", code, out);
	return out;
}

static void verify_holds(void)
{
	char *out = verify(0);
	ck_assert_msg(strstr(out, "referrals: holds:") != NULL, "%s", out);
	free(out);
}

static void verify_says(const char *what)
{
	char *out = verify(1);
	ck_assert_msg(strstr(out, "BROKEN") != NULL && strstr(out, what) != NULL, "\"%s\" is wanted: %s", what, out);
	free(out);
}

/* A referral of a child with a client of its own; the id in a static buffer. */
static const char *new_referral(const struct json_calls *calls, const char *child)
{
	static char id[HEARTH_UUID_SIZE];
	json_t *reply = json_call(calls, "CreateReferral", "{'childId': '%s', 'urgency': 'URGENT'}", child);
	snprintf(id, sizeof id, "%s", json_at(reply, "referral.id"));
	json_decref(reply);
	return id;
}

static struct json_calls referrals_as(const char *authority, uint32_t roles)
{
	const struct catalogue_row *row = catalogue_find("referrals", "GetReferral");
	return (struct json_calls){ suite_client(suite, authority, roles), row->contract };
}

#define CHILD "0190b3c2-7d1e-7abc-8def-01234567"

static bool stands_in(const char *const *names, const char *name)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

/* ---- writes ---- */

/* Writes of an authority whose answer is no child's record. */
static const char *const of_no_child[] = { "ImportEpisodes", "SetPlacePolicy", "UpsertContract", "JoinContract", "EndContract",
	                                       "UpsertContractMember", "SetFee", "SetMatchWeights", "LiftBar", NULL };

/* Building a world twice calls every write, and each again with its request id. */
START_TEST(every_write_leaves_one_entry_and_its_repetition_only_a_read)
{
	struct world world;
	world_build(&world, suite, "931", NULL, true);
	for (size_t i = 0; catalogue_services[i] != NULL; i++) {
		const char *service = catalogue_services[i];
		long wrong = number("SELECT count(*) FROM %s.request r FULL JOIN ("
		                    "SELECT authority, actor, request_id, method, count(*) AS n FROM %s.audit WHERE kind = 'WRITE' "
		                    "GROUP BY 1, 2, 3, 4) a ON a.authority = r.authority "
		                    "AND a.actor = r.caller AND a.request_id = r.id AND a.method = r.method "
		                    "WHERE r.id IS NULL OR a.n IS DISTINCT FROM 1", service, service);
		ck_assert_msg(wrong == 0, "%s: %ld writes without exactly one entry", service, wrong);
	}
	size_t writes = 0, repeated = 0;
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		if (row->kind != 'W' || strcmp(row->contract->name, "hearth.events.v1.Events") == 0)
			continue;     /* orders about parked events: a world has none */
		bool supply = row->foreign == FOREIGN_SHARED || stands_in(of_no_child, row->method);
		long reads = number("SELECT count(*) FROM %s.audit WHERE kind = 'READ' AND method = '%s' AND authority = '931' "
		                    "AND request_id IS NOT NULL", row->service, row->method);
		ck_assert_msg(notes(row->service, "WRITE", row->method, "931") > 0, "%s was not noted", row->method);
		ck_assert_msg((reads > 0) != supply, "%s: %ld repetitions noted", row->method, reads);
		writes++;
		repeated += reads > 0;
	}
	ck_assert_uint_ge(writes, 30);
	ck_assert_uint_ge(repeated, 24);
}
END_TEST

START_TEST(a_refused_write_leaves_no_entry)
{
	struct json_calls calls = referrals_as("932", OFFICERS);
	const struct catalogue_row *row = catalogue_find("referrals", "CreateReferral");
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	struct world_answer first = world_ask(suite, "932", row, "{\"childId\":\"" CHILD "0001\",\"urgency\":\"URGENT\"}", &id);
	ck_assert_ptr_nonnull(first.reply);
	long before = number("SELECT count(*) FROM referrals.audit");
	struct world_answer other = world_ask(suite, "932", row, "{\"childId\":\"" CHILD "0002\",\"urgency\":\"URGENT\"}", &id);
	ck_assert_str_eq(other.status.reason, "REQUEST_ID_REUSED");
	json_call_fails(&calls, HEARTH_NOT_FOUND, "NOT_FOUND", "OpenReferral", "{'referralId': '%s'}", CHILD "ffff");
	json_call_fails(&calls, HEARTH_FAILED_PRECONDITION, "NEEDED_BY_MISSING", "OpenReferral", "{'referralId': '%s'}",
	                json_at(first.reply, "referral.id"));
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit"), before);
	json_decref(first.reply);
}
END_TEST

START_TEST(an_entry_says_who_as_what_when_and_about_whom)
{
	struct json_calls calls = referrals_as("933", OFFICERS);
	char id[HEARTH_UUID_SIZE];
	snprintf(id, sizeof id, "%s", new_referral(&calls, CHILD "0003"));
	json_decref(json_call(&calls, "WithdrawReferral", "{'referralId': '%s', 'reason': 'NOT_NEEDED'}", id));
	json_decref(json_call(&calls, "GetReferral", "{'referralId': '%s'}", id));
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit WHERE authority = '933' AND roles = %u AND actor <> '' "
	                        "AND traceparent <> '' AND at BETWEEN '" WORLD_CLOCK "' AND '2024-06-03T10:00:00Z'",
	                        OFFICERS), 3);
	/* CreateReferral tells the child itself; WithdrawReferral only the referral; GetReferral's answer both. */
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit WHERE kind = 'WRITE' AND subject = '" CHILD "0003' "
	                        "AND record = '%s'", id), 1);
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit WHERE kind = 'WRITE' AND subject = '%s'", id), 1);
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit WHERE kind = 'READ' AND subject = '" CHILD "0003' "
	                        "AND record = '%s' AND records = 1 AND ids IS NULL", id), 1);
}
END_TEST

/* ---- reads ---- */

/* Written by hand, not read from the services: what of the catalogue answers with a child's record. */
static const char *const noted_reads[] = {
	"GetChild", "LookupChild", "ListChildren", "GetChildHistory", "ListLookedAfter", "GetPlacement", "LookupPlacement",
	"ListPlacements", "GetOccupancy", "FindHomes", "MatchHomes", "ExplainHome", "GetMatch", "ListMatches",
	"MatchGroup", "MatchQueue",
	"LookupReferral", "GetReferral", "GetReferralDetail", "ListReferrals",
	"GetAgreement", "LookupAgreement", "ListAgreements", "GetLedger", "GetLedgerDays", "ListAgreementLines",
	"GetYoungPerson", "ListYoungPeople",
	"ListDue", "ListTurning18", "ListAccommodation", "ListPathwayEvents", "ListEntries",
	"ListExemptions", "ListTemporaryApprovals",
	"ListMovePlans", NULL,
};
static const char *const other_reads[] = {
	"Check", "GetInstance", "GetDescriptors",
	"Snapshot", "ListParked", "GetParked",
	"Pull", "Watch", "GetPosition", "ListSeals", "GetMarks", "CountLookedAfter", "ListCodes",
	"GetProvider", "ListProviders", "GetHome", "ListHomes", "GetMatchWeights", "GetSpend", "GetCommitment", "VerifyLedger",
	"ListCostTypes",
	"GetContract", "ListContracts", "ListContractMembers", "ListFees", "GetContractedPlaces", "GetBlockReport",
	"ListDocuments", "ListDocumentTypes",
	"ListCouncils", "ListAdjoining", "LookupPostcode", "ListPublished",
	"ListApprovals", "GetFosteringHousehold", "ListFosteringHouseholds", "ListReviews", "ListPipeline",
	"GetPipelineReport", "ListConstellations", "GetConstellationTotals", "GetFosteringUtilisation",
	"GetPlaces", "ListPlaces", "ListPlaceBlocks", "ListOpenings", "ListPlacePolicies",
	"GetCapacityCalendar", "GetOccupancyReport", "ListRegistrations", "ListInspections", "ListBars", NULL,
};

static void read_once(const struct world *world, const struct catalogue_row *row)
{
	long before = number("SELECT count(*) FROM %s.audit WHERE kind = 'READ' AND method = '%s'", row->service, row->method);
	char *request = world_fill(world, row->request);
	struct world_answer answer = world_ask(suite, world->authority, row, request, NULL);
	/* Asked at once: the entry was committed before the answer left. */
	long after = number("SELECT count(*) FROM %s.audit WHERE kind = 'READ' AND method = '%s'", row->service, row->method);
	bool may_miss = strcmp(row->method, "GetMarks") == 0 || strcmp(row->method, "GetParked") == 0;
	bool unsealed = may_miss && answer.status.code == HEARTH_NOT_FOUND;
	ck_assert_msg(answer.reply != NULL || unsealed, "%s: %s", row->method, answer.status.message);
	bool empty = (json_object_get(answer.reply, "entries") && json_count_at(answer.reply, "entries") == 0) ||
	             (json_object_get(answer.reply, "youngPeople") && json_count_at(answer.reply, "youngPeople") == 0);
	long wanted = stands_in(noted_reads, row->method) && !empty;
	ck_assert_msg(after - before == wanted, "%s left %ld entries", catalogue_call_name(row), after - before);
	json_decref(answer.reply);
	free(request);
}

START_TEST(every_read_of_a_childs_record_is_noted_before_its_answer_and_no_other)
{
	struct world world;
	size_t reads = 0;
	world_build(&world, suite, "934", NULL, false);
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		if (row->kind == 'W' || strcmp(row->method, "SetClock") == 0)
			continue;
		bool noted = stands_in(noted_reads, row->method), other = stands_in(other_reads, row->method);
		ck_assert_msg(noted || other, "%s: is it a read of a child's record? Say so in this test", row->method);
		reads += noted;
		read_once(&world, row);
	}
	ck_assert_uint_ge(reads, 22);
	const char *child = world_value(&world, "child");
	ck_assert_int_ge(number("SELECT count(*) FROM placements.audit WHERE kind = 'READ' AND method = 'GetChild' AND subject = '%s'",
	                        child), 1);
	ck_assert_int_ge(number("SELECT count(*) FROM placements.audit WHERE method = 'ListChildren' AND '%s' = ANY (ids) "
	                        "AND records > 1 AND subject = ''", child), 1);
	ck_assert_int_ge(number("SELECT count(*) FROM finance.audit WHERE method = 'GetLedger' AND subject = '%s'",
	                        world_value(&world, "agreement")), 1);
}
END_TEST

START_TEST(a_read_of_nothing_is_not_noted)
{
	struct json_calls calls = referrals_as("935", OFFICERS);
	json_call_fails(&calls, HEARTH_NOT_FOUND, "NOT_FOUND", "GetReferral", "{'referralId': '%s'}", CHILD "ffff");
	json_decref(json_call(&calls, "ListReferrals", "{}"));
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit WHERE authority = '935'"), 0);
}
END_TEST

#define MANY 45
#define CHILDREN 43     /* the first two have two referrals each */

/* The last entry of lists holds so many records, and of these exactly the children. */
static void assert_listed(int records, const char *children)
{
	ck_assert_int_eq(number("SELECT (a.records = %d AND a.subject = '' AND a.record = '' AND (SELECT array_agg(DISTINCT i::uuid "
	                        "ORDER BY i::uuid) FROM unnest(a.ids) i) = (%s))::int FROM referrals.audit a WHERE "
	                        "a.method = 'ListReferrals' AND a.authority = '938' ORDER BY a.id DESC LIMIT 1", records, children), 1);
}

/* Over 32 rows are answered in steps: the entry is gathered over all of them. */
START_TEST(a_list_that_is_answered_in_steps_is_noted_whole)
{
	struct json_calls calls = referrals_as("938", OFFICERS);
	char child[HEARTH_UUID_SIZE], shown[64 * MANY] = "";
	for (int i = 0; i < MANY; i++) {
		snprintf(child, sizeof child, CHILD "7%03d", i % CHILDREN);
		new_referral(&calls, child);
	}
	json_t *reply = json_call(&calls, "ListReferrals", "{'pageSize': 500}");
	ck_assert_uint_eq(json_array_size(json_object_get(reply, "referrals")), MANY);
	json_decref(reply);
	ck_assert_int_eq(number("SELECT count(DISTINCT child_id) FROM referrals.referral WHERE authority = '938'"), CHILDREN);
	assert_listed(MANY, "SELECT array_agg(DISTINCT r.child_id ORDER BY r.child_id) FROM referrals.referral r "
	                    "WHERE r.authority = '938'");
	/* A page has those that were shown, not those that were found. */
	reply = json_call(&calls, "ListReferrals", "{'pageSize': 40}");
	json_t *rows = json_object_get(reply, "referrals"), *row;
	size_t i;
	ck_assert_uint_eq(json_array_size(rows), 40);
	json_array_foreach(rows, i, row)
		snprintf(shown + strlen(shown), sizeof shown - strlen(shown), "%s('%s'::uuid)", i ? "," : "", json_at(row, "childId"));
	json_decref(reply);
	char sql[sizeof shown + 128];
	snprintf(sql, sizeof sql, "SELECT array_agg(DISTINCT v.c ORDER BY v.c) FROM (VALUES %s) v (c)", shown);
	assert_listed(40, sql);
}
END_TEST

START_TEST(what_cannot_be_noted_is_not_shown_and_not_done)
{
	struct json_calls calls = referrals_as("936", OFFICERS);
	char id[HEARTH_UUID_SIZE];
	snprintf(id, sizeof id, "%s", new_referral(&calls, CHILD "0004"));
	run("REVOKE INSERT ON referrals.audit FROM hearth_referrals");
	struct world_answer read = world_ask(suite, "936", catalogue_find("referrals", "ListReferrals"), "{}", NULL);
	struct world_answer write = world_ask(suite, "936", catalogue_find("referrals", "CreateReferral"),
	                                      "{\"childId\":\"" CHILD "0005\",\"urgency\":\"URGENT\"}", NULL);
	struct world_answer other = world_ask(suite, "936", catalogue_find("referrals", "GetPosition"), "{}", NULL);
	run("GRANT INSERT (at, kind, authority, actor, roles, method, request_id, traceparent, subject, record, records, ids) "
	    "ON referrals.audit TO hearth_referrals");
	ck_assert_ptr_null(read.reply);
	ck_assert_ptr_null(write.reply);
	ck_assert_msg(other.reply != NULL, "%s", other.status.message);
	json_decref(other.reply);
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.referral WHERE authority = '936'"), 1);
	json_decref(json_call(&calls, "GetReferral", "{'referralId': '%s'}", id));
}
END_TEST

/* One of two processes is killed in the middle; the client goes on with the other. A suite of its own, for the processes of
 * the other one are its parent's. */
START_TEST(a_kill_leaves_no_answer_unnoted)
{
	static const char *const services[] = { "referrals", NULL };
	struct suite *shared = suite;
	suite = suite_start(&(struct suite_options){ .services = services, .instances = 2, .clock = WORLD_CLOCK });
	ck_assert_ptr_nonnull(suite);
	struct json_calls calls = referrals_as("937", OFFICERS);
	char id[HEARTH_UUID_SIZE];
	long reads = 0, writes = 0;
	snprintf(id, sizeof id, "%s", new_referral(&calls, CHILD "0006"));
	for (int i = 0; i < 120; i++) {
		if (i == 40)
			suite_kill(suite, "referrals", 0);
		if (i == 80)
			ck_assert_int_eq(suite_restart_process(suite, "referrals", 0), 0);
		if (i % 3 == 0) {
			new_referral(&calls, CHILD "0007");
			writes++;
		} else {
			json_decref(json_call(&calls, "GetReferral", "{'referralId': '%s'}", id));
			reads++;
		}
	}
	ck_assert_int_ge(notes("referrals", "READ", "GetReferral", "937"), reads);
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.referral WHERE authority = '937'"), writes + 1);
	ck_assert_int_eq(notes("referrals", "WRITE", "CreateReferral", "937"), writes + 1);
	PQfinish(tables_db(suite));
	ck_assert_int_eq(suite_stop(&suite), 0);
	suite = shared;
}
END_TEST

/* ---- the chain ---- */

#define NOTE                                                                                                             \
	"INSERT INTO audit (at, kind, authority, actor, roles, method, traceparent, subject, record, records) "                \
	"SELECT '2024-06-03', 'READ', '938', 'hand', 2, 'GetReferral', '', 'x', 'x', 1 FROM generate_series(1, 3)"

static long seals(void)
{
	return number("SELECT count(*) FROM referrals.audit_seal");
}

/* Ids are given out in one order and committed in another. */
START_TEST(a_seal_waits_for_a_slow_transaction_and_nobody_waits_long_for_it)
{
	PGconn *slow = connect_as("hearth_referrals"), *quick = connect_as("hearth_referrals");
	ck_assert_str_eq(run_on(slow, "BEGIN"), "");
	ck_assert_str_eq(run_on(slow, NOTE), "");
	ck_assert_str_eq(run_on(quick, NOTE), "");
	long held = number("SELECT max(last) FROM referrals.audit_seal"), made = seals();
	int64_t began_us = hearth_clock_mono();
	ck_assert_str_eq(run_on(quick, "SELECT no FROM audit_seal(5000, '2024-06-03')"), "");
	ck_assert_int_lt(hearth_clock_mono() - began_us, 1000000);
	/* For two seconds the services' own rounds seal nothing either, and writers are not stopped. */
	for (int i = 0; i < 20; i++) {
		began_us = hearth_clock_mono();
		ck_assert_str_eq(run_on(quick, NOTE), "");
		ck_assert_int_lt(hearth_clock_mono() - began_us, 600000);
		usleep(100000);
	}
	ck_assert_int_eq(seals(), made);
	ck_assert_str_eq(run_on(slow, "COMMIT"), "");
	wait_sealed("referrals");
	ck_assert_int_eq(number("SELECT sum(entries) FROM referrals.audit_seal WHERE after >= %ld", held),
	                 number("SELECT count(*) FROM referrals.audit WHERE id > %ld", held));
	PQfinish(slow);
	PQfinish(quick);
	verify_holds();
}
END_TEST

static double seal_failures(void)
{
	double failures = 0;
	for (int i = 0; i < 2; i++) {
		double one = heard_metric(suite, "referrals", i, "hearth_chore_failures_total{chore=\"audit_seal\"} ");
		ck_assert(one >= 0);
		failures += one;
	}
	return failures;
}

/* The look at what is unsealed may take as long as a list; a burst is worked off in seals of a bound size. The last test:
 * a verify of so many entries takes longer than others here allow for. */
START_TEST(a_burst_is_sealed_soon_and_a_slow_look_is_no_failure)
{
	double failed = seal_failures();
	long held = number("SELECT max(last) FROM referrals.audit_seal");
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	ck_assert_str_eq(run_on(db, "BEGIN; LOCK TABLE referrals.audit IN ACCESS EXCLUSIVE MODE"), "");
	usleep(1500000);
	ck_assert_str_eq(run_on(db, "COMMIT"), "");
	ck_assert_str_eq(run_on(db, "SET search_path = referrals"), "");
	ck_assert_str_eq(run_on(db, "INSERT INTO audit (at, kind, authority, actor, roles, method, traceparent, subject, record, "
	                            "records) SELECT '2024-06-03', 'READ', '938', 'hand', 2, 'GetReferral', '', 'x', 'x', 1 "
	                            "FROM generate_series(1, 40000)"), "");
	int64_t began_us = hearth_clock_mono();
	wait_sealed("referrals");
	/* A tenth of what is wanted of a quiet machine: 10,000 a second. */
	ck_assert_int_lt(hearth_clock_mono() - began_us, 40000000);
	ck_assert_int_eq(number("SELECT sum(entries) FROM referrals.audit_seal WHERE after >= %ld", held),
	                 number("SELECT count(*) FROM referrals.audit WHERE id > %ld", held));
	ck_assert_int_le(number("SELECT max(entries) FROM referrals.audit_seal"), 5000);
	ck_assert(seal_failures() == failed);
	fprintf(stderr, "40,000 entries sealed in %.2f s\n", (double)(hearth_clock_mono() - began_us) / 1e6);
	PQfinish(db);
}
END_TEST

/* Bounded: 60 transactions each, open for up to 4 ms, one in four rolled back. */
static void insert_for_a_while(unsigned seed)
{
	PGconn *db = connect_as("hearth_referrals");
	for (int i = 0; i < 60; i++) {
		seed = seed * 1103515245 + 12345;
		run_on(db, "BEGIN");
		run_on(db, NOTE);
		usleep((seed >> 16) % 4000);
		run_on(db, (seed >> 8) % 4 == 0 ? "ROLLBACK" : "COMMIT");
	}
	PQfinish(db);
	_exit(0);
}

static void seal_for_a_while(void)
{
	PGconn *db = connect_as("hearth_referrals");
	for (int i = 0; i < 80; i++) {
		run_on(db, "SELECT no FROM audit_seal(7, '2024-06-03')");
		usleep(1000);
	}
	PQfinish(db);
	_exit(0);
}

START_TEST(sealers_at_once_miss_no_entry_and_seal_none_twice)
{
	pid_t children[6];
	for (int i = 0; i < 6; i++) {
		children[i] = fork();
		if (children[i] == 0 && i < 4)
			insert_for_a_while((unsigned)i + 7);
		else if (children[i] == 0)
			seal_for_a_while();
	}
	for (int i = 0; i < 6; i++)
		waitpid(children[i], NULL, 0);
	wait_sealed("referrals");
	ck_assert_int_gt(number("SELECT count(*) FROM referrals.audit_seal WHERE entries <= 7"), 10);
	ck_assert_int_eq(number("SELECT sum(entries) FROM referrals.audit_seal"), number("SELECT count(*) FROM referrals.audit"));
	ck_assert_int_eq(number("SELECT count(*) FROM (SELECT after <> lag(last, 1, 0::bigint) OVER (ORDER BY no) AS off "
	                        "FROM referrals.audit_seal) s WHERE off"), 0);
	verify_holds();
}
END_TEST

/* Does, sees it found, and undoes. */
static void tamper(const char *does, const char *found, const char *undoes)
{
	run("CREATE TABLE kept AS SELECT * FROM referrals.audit; CREATE TABLE kept_seal AS SELECT * FROM referrals.audit_seal");
	run(does);
	verify_says(found);
	run(undoes);
	run("DROP TABLE kept, kept_seal");
	verify_holds();
}

START_TEST(what_an_owner_changes_afterwards_is_found_and_named)
{
	struct json_calls calls = referrals_as("939", OFFICERS);
	char sql[512], found[128], undo[128];
	/* A gap in the ids: a transaction that was rolled back. */
	PGconn *db = connect_as("hearth_referrals");
	run_on(db, "BEGIN");
	run_on(db, NOTE);
	run_on(db, "ROLLBACK");
	PQfinish(db);
	new_referral(&calls, CHILD "0008");
	wait_sealed("referrals");
	long id = number("SELECT max(id) FROM referrals.audit"), gap = id - 1, last = number("SELECT max(no) FROM referrals.audit_seal");
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit WHERE id = %ld", gap), 0);
	verify_holds();

	snprintf(sql, sizeof sql, "UPDATE referrals.audit SET actor = 'nobody' WHERE id = %ld", id);
	snprintf(found, sizeof found, "entry %ld was changed", id);
	tamper(sql, found, "UPDATE referrals.audit a SET actor = k.actor FROM kept k WHERE k.id = a.id AND k.actor <> a.actor");
	snprintf(sql, sizeof sql, "DELETE FROM referrals.audit WHERE id = %ld", id);
	snprintf(found, sizeof found, "entry %ld was removed", id);
	tamper(sql, found, "INSERT INTO referrals.audit OVERRIDING SYSTEM VALUE SELECT * FROM kept k "
	       "WHERE NOT EXISTS (SELECT FROM referrals.audit a WHERE a.id = k.id)");
	snprintf(sql, sizeof sql, "INSERT INTO referrals.audit OVERRIDING SYSTEM VALUE SELECT %ld, at, kind, authority, actor, roles, "
	         "method, request_id, traceparent, subject, record, records, ids FROM kept WHERE id = %ld", gap, id);
	snprintf(found, sizeof found, "entry %ld was added", gap);
	/* That one alone: what verify itself had noted may be sealed by now. */
	snprintf(undo, sizeof undo, "DELETE FROM referrals.audit WHERE id = %ld", gap);
	tamper(sql, found, undo);
	snprintf(sql, sizeof sql, "UPDATE referrals.audit_seal SET entries = entries + 1 WHERE no = %ld", last);
	snprintf(found, sizeof found, "seal %ld was changed", last);
	tamper(sql, found, "UPDATE referrals.audit_seal s SET entries = k.entries FROM kept_seal k WHERE k.no = s.no");
	tamper("DELETE FROM referrals.audit_seal WHERE no = 2", "seal 2 is missing",
	       "INSERT INTO referrals.audit_seal SELECT * FROM kept_seal WHERE no = 2");
	/* An entry and the marks that would name it. */
	snprintf(sql, sizeof sql, "UPDATE referrals.audit SET actor = 'nobody' WHERE id = %ld; "
	         "UPDATE referrals.audit_seal SET marks = substring(marks FOR 23) || '\\x00' WHERE no = %ld", id, last);
	snprintf(found, sizeof found, "an entry of seal %ld was changed", last);
	tamper(sql, found, "UPDATE referrals.audit_seal s SET marks = k.marks FROM kept_seal k WHERE k.no = s.no; "
	       "UPDATE referrals.audit a SET actor = k.actor FROM kept k WHERE k.id = a.id AND k.actor <> a.actor");
	/* Entries that nobody's retention removed. */
	tamper("DELETE FROM referrals.audit WHERE id <= (SELECT last FROM referrals.audit_seal WHERE no = 1); "
	       "UPDATE referrals.audit_seal SET trimmed = sealed, marks = '' WHERE no = 1", "no entry says that retention removed them",
	       "UPDATE referrals.audit_seal s SET trimmed = NULL, marks = k.marks FROM kept_seal k WHERE k.no = s.no; "
	       "INSERT INTO referrals.audit OVERRIDING SYSTEM VALUE SELECT * FROM kept k "
	       "WHERE NOT EXISTS (SELECT FROM referrals.audit a WHERE a.id = k.id)");
}
END_TEST

START_TEST(a_chain_made_anew_is_found_by_a_seal_that_is_known)
{
	char known[128], *out = NULL;
	long no = number("SELECT min(no) + 1 FROM referrals.audit_seal");
	PGresult *hash = PQexec(tables_db(suite), "SELECT no || '=' || encode(hash, 'hex') FROM referrals.audit_seal WHERE no = 2");
	snprintf(known, sizeof known, "%s", PQgetvalue(hash, 0, 0));
	PQclear(hash);
	ck_assert_int_eq(no, 2);
	ck_assert_int_eq(suite_hearth(suite, NULL, "audit", "verify", "referrals", "--known", known, NULL), 0);
	known[strlen(known) - 1] = known[strlen(known) - 1] == '0' ? '1' : '0';
	ck_assert_int_eq(suite_hearth(suite, &out, "audit", "verify", "referrals", "--known", known, NULL), 1);
	ck_assert_msg(strstr(out, "the chain was made anew") != NULL, "%s", out);
	free(out);
}
END_TEST

/* As a copy shows it, or a restored schema after `hearth migrate --new-history`. */
START_TEST(a_chain_goes_on_in_another_history_and_says_so)
{
	static const char *const services[] = { "referrals", NULL };
	struct suite *shared = suite;
	suite = suite_start(&(struct suite_options){ .services = services, .clock = WORLD_CLOCK });
	ck_assert_ptr_nonnull(suite);
	struct json_calls calls = referrals_as("940", OFFICERS);
	new_referral(&calls, CHILD "000d");
	wait_sealed("referrals");
	verify_holds();
	run("UPDATE referrals.history_kept SET epoch = gen_random_uuid()");
	new_referral(&calls, CHILD "000e");
	wait_sealed("referrals");
	char *out = verify(0);
	ck_assert_msg(strstr(out, "goes through 2 histories") != NULL, "%s", out);
	free(out);
	PQfinish(tables_db(suite));
	ck_assert_int_eq(suite_stop(&suite), 0);
	suite = shared;
}
END_TEST

START_TEST(a_login_role_can_only_add_and_read)
{
	PGconn *db = connect_as("hearth_referrals");
	ck_assert_str_eq(run_on(db, NOTE), "");
	ck_assert_str_eq(run_on(db, "SELECT count(id) FROM audit"), "");
	ck_assert_str_eq(run_on(db, "UPDATE audit SET actor = 'nobody'"), "42501");
	ck_assert_str_eq(run_on(db, "DELETE FROM audit"), "42501");
	ck_assert_str_eq(run_on(db, "TRUNCATE audit"), "42501");
	ck_assert_str_eq(run_on(db, "UPDATE audit_seal SET entries = 0"), "42501");
	ck_assert_str_eq(run_on(db, "DELETE FROM audit_seal"), "42501");
	ck_assert_str_eq(run_on(db, "UPDATE audit_keep SET least_days = 0"), "42501");
	ck_assert_str_eq(run_on(db, "ALTER TABLE audit DISABLE TRIGGER audit_begin"), "42501");
	PQfinish(db);
}
END_TEST

/* With tables of our names where it may make some, entries and seals of dates of its choice, and any parameters. */
START_TEST(whatever_the_login_role_inserts_or_shadows_no_entry_goes)
{
	wait_sealed("referrals");
	PGconn *db = connect_as("hearth_referrals");
	long before = number("SELECT count(*) FROM referrals.audit");
	ck_assert_str_eq(run_on(db, "CREATE TEMP TABLE audit_seal (no bigint, after bigint, last bigint, sealed timestamptz, made "
	                            "timestamptz, marks bytea, trimmed timestamptz); CREATE TEMP TABLE audit_keep (least_days "
	                            "integer); INSERT INTO audit_seal VALUES (1, 0, 1000000, '1990-01-01', '1990-01-01', '', NULL); "
	                            "INSERT INTO audit_keep VALUES (0); GRANT ALL ON audit_seal, audit_keep TO PUBLIC"), "");
	ck_assert_str_eq(run_on(db, "SELECT audit_trim('infinity', 5, '2024-06-03')"), "");
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit"), before);
	ck_assert_str_eq(run_on(db, "DROP TABLE pg_temp.audit_seal, pg_temp.audit_keep"), "");
	ck_assert_str_eq(run_on(db, "INSERT INTO audit (at, kind, authority, actor, roles, method, traceparent, subject, record, "
	                            "records) VALUES ('9999-01-01', 'READ', '938', 'hand', 2, 'GetReferral', '', 'x', 'x', 1)"), "");
	ck_assert_str_eq(run_on(db, "SELECT no FROM audit_seal(5000, '1990-01-01')"), "");
	wait_sealed("referrals");
	ck_assert_str_eq(run_on(db, "SELECT audit_trim('infinity', 1000, '9999-01-01')"), "");
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit"), before + 1);
	ck_assert_str_eq(run_on(db, "INSERT INTO audit_seal (no, after, last, entries, sealed, epoch, digest, previous, hash, marks) "
	                            "SELECT 1000000, 0, 1000000, 1, '1990-01-01', gen_random_uuid(), '', '', '', ''"), "42501");
	ck_assert_str_eq(run_on(db, "INSERT INTO audit (id, at, kind, authority, actor, roles, method, traceparent, subject, record, "
	                            "records) OVERRIDING SYSTEM VALUE VALUES (9000000000, '2024-06-03', 'READ', '938', 'hand', 2, "
	                            "'GetReferral', '', 'x', 'x', 1)"), "42501");
	PQfinish(db);
	verify_holds();
}
END_TEST

/* ---- listing ---- */

START_TEST(an_authority_sees_its_own_entries_and_an_operator_all)
{
	struct json_calls one = referrals_as("941", OFFICERS), two = referrals_as("942", OFFICERS);
	new_referral(&one, CHILD "0009");
	new_referral(&two, CHILD "0009");
	const struct catalogue_row *row = catalogue_find("referrals", "ListEntries");
	ProtobufCServiceDescriptor contract = *row->contract;
	contract.name = "referrals:hearth.audit.v1.Audit";
	struct json_calls system = { suite_client(suite, "941", SYSTEMS), &contract };
	json_t *own = json_call(&system, "ListEntries", "{'subject': '" CHILD "0009'}");
	ck_assert_uint_eq(json_count_at(own, "entries"), 1);
	ck_assert_str_eq(json_at(own, "entries.0.authority"), "941");
	json_decref(own);
	json_call_fails(&system, HEARTH_PERMISSION_DENIED, "OTHER_AUTHORITY", "ListEntries", "{'authority': '942'}");
	json_call_fails(&system, HEARTH_PERMISSION_DENIED, "ROLE", "ListSeals", "{}");
	struct world_answer all = world_ask(suite, "", row, "{\"subject\":\"" CHILD "0009\"}", NULL);
	ck_assert_uint_eq(json_count_at(all.reply, "entries"), 2);
	json_decref(all.reply);
}
END_TEST

#define EXPORT "--authority", "943", "audit", "export", "referrals"

/* What a data-protection officer asks: everything about one child, also where only its record was named. */
START_TEST(an_export_of_a_child_holds_what_was_done_with_its_records)
{
	struct json_calls calls = referrals_as("943", OFFICERS);
	char id[HEARTH_UUID_SIZE], *out = NULL;
	new_referral(&calls, CHILD "000b");
	snprintf(id, sizeof id, "%s", new_referral(&calls, CHILD "000a"));
	json_decref(json_call(&calls, "WithdrawReferral", "{'referralId': '%s', 'reason': 'NOT_NEEDED'}", id));
	json_decref(json_call(&calls, "ListReferrals", "{}"));
	ck_assert_int_eq(suite_hearth(suite, &out, EXPORT, "--subject", CHILD "000a", NULL), 0);
	ck_assert_ptr_nonnull(strstr(out, "\"CreateReferral\""));
	ck_assert_ptr_nonnull(strstr(out, "\"WithdrawReferral\""));
	ck_assert_ptr_nonnull(strstr(out, "\"ListReferrals\""));
	size_t lines = 0;
	for (const char *at = out; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	ck_assert_uint_eq(lines, 4);
	free(out);
	ck_assert_int_eq(suite_hearth(suite, &out, EXPORT, "--by", "somebody", "--json", NULL), 0);
	ck_assert_str_eq(out, "");
	free(out);
	ck_assert_int_eq(suite_hearth(suite, &out, EXPORT, "--until", "2024-06-03", "--json", NULL), 0);
	ck_assert_str_eq(out, "");
	free(out);
	ck_assert_int_eq(suite_hearth(suite, NULL, "audit", "export", "referrals", "--since", "yesterday", NULL), 2);
}
END_TEST

/* ---- retention; the last: it moves the clock ---- */

START_TEST(retention_removes_whole_seals_says_so_and_the_rest_still_holds)
{
	struct json_calls calls = referrals_as("944", OFFICERS);
	wait_sealed("referrals");
	PGconn *db = connect_as("hearth_referrals");
	long before = number("SELECT count(*) FROM referrals.audit");
	/* Whatever the login role asks for, nothing that is younger than the least. */
	ck_assert_str_eq(run_on(db, "SELECT audit_trim('2099-01-01', 5, '2024-06-03')"), "");
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit"), before);
	PQfinish(db);
	ck_assert_int_eq(suite_clock(suite, "2027-06-03T09:00:00Z"), 0);
	new_referral(&calls, CHILD "000c");
	/* What least there is goes by the database's clock, which nobody drives: more than its round passes and nothing goes. */
	usleep(12000000);
	ck_assert_int_gt(number("SELECT count(*) FROM referrals.audit WHERE at < '2025-01-01'"), 0);
	run("UPDATE referrals.audit_keep SET least_days = 0");
	for (int tries = 0; tries < 600 && number("SELECT count(*) FROM referrals.audit WHERE at < '2025-01-01'") > 0; tries++)
		usleep(50000);
	ck_assert_int_eq(number("SELECT count(*) FROM referrals.audit WHERE at < '2025-01-01'"), 0);
	ck_assert_int_ge(notes("referrals", "TRIM", "audit_trim", ""), 1);
	ck_assert_int_ge(notes("referrals", "WRITE", "CreateReferral", "944"), 1);
	wait_sealed("referrals");
	char *out = verify(0);
	ck_assert_msg(strstr(out, "retention removed") != NULL && strstr(out, "proved from 2027-06-03") != NULL, "%s", out);
	free(out);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "audit", every_write_leaves_one_entry_and_its_repetition_only_a_read,
	                       a_refused_write_leaves_no_entry, an_entry_says_who_as_what_when_and_about_whom,
	                       every_read_of_a_childs_record_is_noted_before_its_answer_and_no_other,
	                       a_read_of_nothing_is_not_noted, a_list_that_is_answered_in_steps_is_noted_whole,
	                       what_cannot_be_noted_is_not_shown_and_not_done,
	                       a_kill_leaves_no_answer_unnoted, a_seal_waits_for_a_slow_transaction_and_nobody_waits_long_for_it,
	                       sealers_at_once_miss_no_entry_and_seal_none_twice,
	                       what_an_owner_changes_afterwards_is_found_and_named,
	                       a_chain_made_anew_is_found_by_a_seal_that_is_known,
	                       a_chain_goes_on_in_another_history_and_says_so, a_login_role_can_only_add_and_read,
	                       whatever_the_login_role_inserts_or_shadows_no_entry_goes,
	                       an_authority_sees_its_own_entries_and_an_operator_all,
	                       an_export_of_a_child_holds_what_was_done_with_its_records,
	                       retention_removes_whole_seals_says_so_and_the_rest_still_holds,
	                       a_burst_is_sealed_soon_and_a_slow_look_is_no_failure);
}
