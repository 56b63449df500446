/* test_poison.c: events of some children cannot be applied by careleavers, while children keep changing and processes of
 * careleavers and of placements are killed. Each such event is parked, later ones of its child behind it in their order,
 * and all other children go on; an order to try again that comes too early changes nothing; when the cause is gone,
 * `hearth events retry` applies all that waits, in the order in which it was told, each event once.
 *
 * A trigger writes down each effect in its transaction (before the insert, so also one that changes nothing because it
 * was made already), and refuses the event of a given child with a given date of birth: it alone, so that those behind
 * it would be applied if nobody held them. After each round one statement, thus of one moment, compares with what was
 * told up to the cursor: a child's effects, then what of it lies parked, are its events in order, none lost or doubled.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libpq-fe.h>

#include <hearth/clock.h>
#include <hearth/placements/v1/placements.pb-c.h>

#include "../support/check_main.h"
#include "../support/suite.h"

#define AUTHORITY "961"
#define CHILDREN 12
#define POISONED 4                  /* children 0 to 3: their third event */
#define TWICE 2                     /* children 0 and 1: their ninth too */
#define THIRD 3
#define NINTH 9
#define EVENTS_MOST 300             /* of each child */
#define PAUSE_US 60000              /* between a child's events, and more */
#define PROCESSES 2
#define ROUND_US 700000
#define ROUNDS_LEAST 3              /* of each act: kills fall into all */
#define MOST_US INT64_C(50000000)   /* for the whole story */
#define CHILD_FORM "0190b3c2-7d1e-7abc-8def-0000000001%02d"
#define DATE_FORM "(DATE '2008-01-01' + %d)"

struct shared {
	atomic_bool stop;
	atomic_int told[CHILDREN];      /* acknowledged */
};

static struct shared *shared;
static struct suite *suite;
static PGconn *db;
static int64_t began_us;
static int rounds, kills, turns;    /* turns: how often another process applied after a round than before it */

/* ---- the children ---- */

static void tell(struct hearth_client *client, int child, int nth)
{
	static const char call[] = "hearth.placements.v1.Placements/";
	Hearth__V1__PersonalDate born = HEARTH__V1__PERSONAL_DATE__INIT;
	Hearth__Placements__V1__CreateChildRequest create = HEARTH__PLACEMENTS__V1__CREATE_CHILD_REQUEST__INIT;
	Hearth__Placements__V1__UpdateChildRequest update = HEARTH__PLACEMENTS__V1__UPDATE_CHILD_REQUEST__INIT;
	struct hearth_uuid request_id;
	char id[HEARTH_UUID_SIZE], date[HEARTH_DATE_SIZE], method[64];
	char *mask[] = { "date_of_birth" };
	int32_t first;

	snprintf(id, sizeof id, CHILD_FORM, child);
	hearth_date_parse("2008-01-01", &first);
	hearth_date_format(first + nth, date);
	born.value = date;
	create.child_id = update.child_id = id;
	create.date_of_birth = update.date_of_birth = &born;
	update.update_mask = mask;
	update.n_update_mask = 1;
	snprintf(method, sizeof method, "%s%s", call, nth == 1 ? "CreateChild" : "UpdateChild");
	hearth_uuid_new(&request_id);
	const struct hearth_call_options options = { .timeout_ms = 2000, .request_id = &request_id };
	for (int tries = 0; tries < 15; tries++) {
		struct hearth_status status = HEARTH_STATUS_INIT;
		ProtobufCMessage *reply = NULL;
		if (hearth_client_call(client, method, nth == 1 ? &create.base : &update.base,
		                       nth == 1 ? &hearth__placements__v1__create_child_response__descriptor
		                                : &hearth__placements__v1__update_child_response__descriptor,
		                       &options, NULL, &reply, NULL, &status) == 0) {
			protobuf_c_message_free_unpacked(reply, NULL);
			atomic_fetch_add(&shared->told[child], 1);
			return;
		}
		fprintf(stderr, "%s: %s %s\n", method, hearth_code_name(status.code), status.reason);
		usleep(100000);
	}
	_exit(1);
}

/* A process of its own: each child is made and changes, day by day, until it is told to stop. */
static pid_t begin_telling(void)
{
	pid_t parent = getpid();
	fflush(NULL);
	pid_t teller = fork();
	if (teller != 0)
		return teller;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(1);
	struct hearth_client *client = suite_client(suite, AUTHORITY, SUITE_ALL_ROLES);
	for (int nth = 1; nth <= EVENTS_MOST && !atomic_load(&shared->stop); nth++) {
		for (int child = 0; child < CHILDREN; child++)
			tell(client, child, nth);
		usleep(PAUSE_US);
	}
	_exit(0);
}

static void end_telling(pid_t teller)
{
	int state = 0;
	atomic_store(&shared->stop, true);
	ck_assert_int_eq(waitpid(teller, &state, 0), teller);
	ck_assert_int_eq(state, 0);
}

/* ---- what stands in the database ---- */

static PGresult *query(const char *sql)
{
	PGresult *result = PQexec(db, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK, "%s",
	              PQresultErrorMessage(result));
	return result;
}

static void run(const char *sql)
{
	PQclear(query(sql));
}

/* The first value; 0 when there is none. */
static long ask(const char *sql)
{
	PGresult *result = query(sql);
	long number = PQntuples(result) > 0 ? strtol(PQgetvalue(result, 0, 0), NULL, 10) : 0;
	PQclear(result);
	return number;
}

/* SQLSTATE 22000 is permanent: parking is what must happen. */
static void poison(void)
{
	char sql[200];
	run("CREATE TABLE public.effect (place bigserial, child uuid, born date);"
	    "CREATE TABLE public.poison (child uuid, nth int, born date);"
	    "CREATE FUNCTION public.note_effect() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
	    "IF EXISTS (SELECT 1 FROM public.poison p WHERE p.child = NEW.child_id AND p.born = NEW.date_of_birth) THEN "
	    "RAISE EXCEPTION 'poisoned' USING ERRCODE = '22000'; END IF; "
	    "INSERT INTO public.effect (child, born) VALUES (NEW.child_id, NEW.date_of_birth); RETURN NEW; END $$;"
	    "CREATE TRIGGER note_effect BEFORE INSERT ON careleavers.young_person FOR EACH ROW "
	    "EXECUTE FUNCTION public.note_effect()");
	for (int child = 0; child < POISONED; child++)
		for (int nth = THIRD; nth <= (child < TWICE ? NINTH : THIRD); nth += NINTH - THIRD) {
			snprintf(sql, sizeof sql, "INSERT INTO public.poison VALUES ('" CHILD_FORM "', %d, " DATE_FORM ")", child,
			         nth, nth);
			run(sql);
		}
}

/* Told up to the cursor, against effects and then what is parked: by child, each in order. */
static void check_order(void)
{
	PGresult *wrong = query(
		"WITH told AS (SELECT o.seq, o.id, o.partition_key AS child, (o.personal->'dateOfBirth'->>'value')::date AS born,"
		"  row_number() OVER (PARTITION BY o.partition_key ORDER BY o.seq) AS nth FROM placements.outbox o"
		"  WHERE o.type = 'hearth.child.recorded.v1'"
		"   AND o.seq <= (SELECT c.seq FROM careleavers.cursor c WHERE c.source = 'placements')"
		"), had AS (SELECT h.child, h.seq, h.id, h.born,"
		"  row_number() OVER (PARTITION BY h.child ORDER BY h.waits, h.place) AS nth FROM ("
		"  SELECT e.child::text, NULL::bigint AS seq, NULL::uuid AS id, e.born, 0 AS waits, e.place FROM public.effect e"
		"  UNION ALL SELECT right(p.key, 36), p.seq, p.event_id, NULL, 1, p.place FROM careleavers.parked p) h"
		") SELECT t.child, t.nth, h.child, h.nth FROM told t FULL JOIN had h ON h.child = t.child AND h.nth = t.nth"
		" WHERE t.child IS NULL OR h.child IS NULL OR coalesce(h.born, t.born) <> t.born OR coalesce(h.seq, t.seq) <> t.seq"
		"  OR coalesce(h.id, t.id) <> t.id ORDER BY coalesce(t.child, h.child), coalesce(t.nth, h.nth)");
	ck_assert_msg(PQntuples(wrong) == 0, "round %d: %d events of children are lost, doubled or out of order; the first: told "
	              "%s/%s, had %s/%s", rounds, PQntuples(wrong), PQgetvalue(wrong, 0, 0), PQgetvalue(wrong, 0, 1),
	              PQgetvalue(wrong, 0, 2), PQgetvalue(wrong, 0, 3));
	PQclear(wrong);
}

/* How many children wait behind an event of theirs that was refused, `nth` of its child, and at least `behind` of them. */
static long waiting(int nth, int behind)
{
	char sql[900];
	snprintf(sql, sizeof sql,
	         "SELECT count(*) FROM (SELECT right(p.key, 36) AS child, (array_agg(p.failed ORDER BY p.place))[1] AS refused,"
	         "  count(*) FILTER (WHERE p.failed) AS failed, count(*) FILTER (WHERE p.ordered IS NOT NULL) AS ordered,"
	         "  count(*) FILTER (WHERE NOT p.failed) AS behind FROM careleavers.parked p GROUP BY p.key) w"
	         " WHERE w.refused AND w.failed = 1 AND w.ordered = 0 AND w.behind >= %d"
	         "  AND (SELECT count(*) FROM public.effect e WHERE e.child::text = w.child) = %d", behind, nth - 1);
	return ask(sql);
}

/* Children of whom nothing is poisoned have had their effects, nearly up to what they were told. */
static bool others_go_on(int least)
{
	char sql[300];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM (SELECT e.child FROM public.effect e WHERE NOT EXISTS (SELECT 1 FROM "
	         "careleavers.parked p WHERE right(p.key, 36) = e.child::text) GROUP BY e.child HAVING count(*) >= %d) c", least);
	return ask(sql) == CHILDREN - POISONED;
}

/* ---- kills ---- */

static void kill_and_start(const char *service, int index)
{
	ck_assert_int_eq(suite_kill(suite, service, index), 0);
	usleep(100000);
	ck_assert_int_eq(suite_restart_process(suite, service, index), 0);
	kills++;
}

/* Processes of careleavers in turn; of placements every third time. Then everybody is up. */
static void one_round(void)
{
	PGresult *before = query("SELECT t.holder FROM careleavers.consumer_turn t WHERE t.source = 'placements'");
	kill_and_start("careleavers", rounds % PROCESSES);
	if (rounds % 3 == 2)
		kill_and_start("placements", rounds / 3 % PROCESSES);
	usleep(ROUND_US);
	ck_assert_int_eq(suite_wait_ready(suite, 20000), 0);
	PGresult *after = query("SELECT t.holder FROM careleavers.consumer_turn t WHERE t.source = 'placements'");
	turns += PQntuples(before) == 1 && PQntuples(after) == 1 &&
	         strcmp(PQgetvalue(before, 0, 0), PQgetvalue(after, 0, 0)) != 0;
	PQclear(before);
	PQclear(after);
	rounds++;
	check_order();
}

/* Rounds, until it has come to what `done` asks. */
static void act(const char *what, bool (*done)(void))
{
	int64_t from_us = hearth_clock_mono();
	int first = rounds;
	while (rounds - first < ROUNDS_LEAST || !done()) {
		ck_assert_msg(hearth_clock_mono() - began_us < MOST_US, "%s: not within %d rounds; %ld parked, %ld children wait at "
		              "their third event, %ld at their ninth", what, rounds - first,
		              ask("SELECT count(*) FROM careleavers.parked"), waiting(THIRD, 0), waiting(NINTH, 0));
		one_round();
	}
	printf("poison: %s: %d rounds, %.1f s, %ld events parked\n", what, rounds - first,
	       (double)(hearth_clock_mono() - from_us) / 1e6, ask("SELECT count(*) FROM careleavers.parked"));
}

/* ---- the operator ---- */

/* All children who wait, each by its last event: the order is for the child. */
static void retry_all(void)
{
	PGresult *last = query("SELECT max(p.place) FROM careleavers.parked p GROUP BY p.source, p.key ORDER BY 1");
	ck_assert_int_gt(PQntuples(last), 0);
	for (int i = 0; i < PQntuples(last); i++)
		ck_assert_int_eq(suite_hearth(suite, NULL, "--timeout", "15", "events", "retry", "careleavers",
		                              PQgetvalue(last, i, 0), "--no-wait", NULL), 0);
	PQclear(last);
}

static bool all_wait(void)
{
	return waiting(THIRD, NINTH) == POISONED && others_go_on(NINTH + THIRD);
}

static bool all_refused_again(void)
{
	return waiting(THIRD, NINTH) == POISONED
	       && ask("SELECT count(DISTINCT d.subject) FROM careleavers.parked_decision d WHERE d.what = 'FAILED'") == POISONED;
}

static bool only_the_ninth_waits(void)
{
	return waiting(NINTH, 1) == TWICE && ask("SELECT count(DISTINCT p.key) FROM careleavers.parked p") == TWICE;
}

static bool nothing_waits(void)
{
	return ask("SELECT count(*) FROM careleavers.parked") == 0;
}

/* Each event that was acknowledged is one effect; each that was parked left it once, applied. */
static void check_end(void)
{
	while (ask("SELECT ((SELECT c.seq FROM careleavers.cursor c WHERE c.source = 'placements') >= "
	           "(SELECT max(o.seq) FROM placements.outbox o WHERE o.type = 'hearth.child.recorded.v1'))::int") == 0) {
		ck_assert_msg(hearth_clock_mono() - began_us < MOST_US, "careleavers has not caught up");
		usleep(50000);
	}
	check_order();
	ck_assert(nothing_waits());
	for (int child = 0; child < CHILDREN; child++) {
		char sql[200];
		snprintf(sql, sizeof sql, "SELECT count(*) FROM public.effect e WHERE e.child = '" CHILD_FORM "'", child);
		ck_assert_int_gt(atomic_load(&shared->told[child]), NINTH);
		ck_assert_int_eq(ask(sql), atomic_load(&shared->told[child]));
	}
	ck_assert_int_gt(ask("SELECT count(*) FROM careleavers.parked_decision d WHERE d.what = 'APPLIED'"), POISONED * NINTH);
	ck_assert_int_eq(ask("SELECT count(*) FROM (SELECT 1 FROM careleavers.parked_decision d WHERE d.what = 'APPLIED' "
	                     "GROUP BY d.event_id HAVING count(*) > 1) x"), 0);
	ck_assert_int_eq(ask("SELECT count(*) FROM careleavers.parked_decision d WHERE d.what NOT IN ('APPLIED', 'FAILED')"), 0);
	ck_assert_int_gt(turns, 2);
}

START_TEST(poisoned_events_wait_in_order_under_kills_and_are_applied_once_when_mended)
{
	static const char *const services[] = { "placements", "careleavers", "providers", NULL };
	/* Whoever is to park lives long enough for it. */
	static const char *const flags[] = { "--park-after", "1", NULL };

	began_us = hearth_clock_mono();
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(shared != MAP_FAILED);
	suite = suite_start(&(struct suite_options){ .services = services, .instances = PROCESSES, .flags = flags });
	ck_assert_ptr_nonnull(suite);
	db = PQconnectdb(suite_admin_url(suite));
	poison();
	pid_t teller = begin_telling();
	act("parked", all_wait);
	retry_all();
	act("tried too early", all_refused_again);
	run("DELETE FROM public.poison WHERE nth = 3");
	retry_all();
	act("half mended", only_the_ninth_waits);
	run("DELETE FROM public.poison");
	retry_all();
	act("mended", nothing_waits);
	end_telling(teller);
	check_end();
	printf("poison: %ld effects in order, %ld of them from the parked; %d kills, %d turns passed, %.1f s\n",
	       ask("SELECT count(*) FROM public.effect"),
	       ask("SELECT count(*) FROM careleavers.parked_decision d WHERE d.what = 'APPLIED'"), kills, turns,
	       (double)(hearth_clock_mono() - began_us) / 1e6);
	PQfinish(db);
	ck_assert_int_eq(suite_stop(&suite), 0);
	munmap(shared, sizeof *shared);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 60 };

	return CHECK_MAIN_WITH(&options, "poison", poisoned_events_wait_in_order_under_kills_and_are_applied_once_when_mended);
}
