/* test_publication.c: what change-data-capture sees of a world's journeys, by logical decoding (plugin pgoutput, as stock
 * connectors use it): every event once, as a row of its outbox, in commit order, and no date of birth. */
#include <arpa/inet.h>
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/check_main.h"
#include "tables.h"
#include "world.h"

#define AUTHORITY "961"
#define RELATIONS_MOST 16
#define COLUMNS_MOST 32

static struct support_pg *pg;
static struct suite *suite;

static void start_suite(void)
{
	pg = support_pg_start_own(NULL);
	PGconn *db = PQconnectdb(pg ? support_pg_url(pg, "hearth", "postgres") : "");
	PQclear(PQexec(db, "ALTER SYSTEM SET wal_level = 'logical'"));
	PQfinish(db);
	if (!pg || support_pg_restart(pg) != 0)
		abort();
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK, .pg = pg });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	int outcome = suite_stop(&suite);
	support_pg_stop(&pg);
	if (outcome != 0)
		abort();
}

static void in_database(const char *sql)
{
	PGresult *result = PQexec(tables_db(suite), sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s",
	              PQresultErrorMessage(result));
	PQclear(result);
}

static void publish(void)
{
	ck_assert_int_eq(suite_hearth(suite, NULL, "migrate", "--admin-url", suite_admin_url(suite), "--publication",
	                              "hearth_events", NULL), 0);
}

/* ---- the messages of pgoutput, version 1 ---- */

struct relation {
	uint32_t oid;
	char schema[32], table[32];
	int columns;
	bool used;                           /* rows came under its name: the partitions are described, never used */
	char names[COLUMNS_MOST][32];
};

struct decoded {
	struct relation relations[RELATIONS_MOST];
	int relation_count;
	long inserts, others;
	PGconn *db;                          /* table `seen` of this session takes what was published */
};

static const unsigned char *text_at(const unsigned char *at, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "%s", (const char *)at);
	return at + strlen((const char *)at) + 1;
}

static uint32_t four(const unsigned char *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return ntohl(value);
}

static int two(const unsigned char *at)
{
	return at[0] * 256 + at[1];
}

static struct relation *relation_of(struct decoded *decoded, uint32_t oid)
{
	for (int i = 0; i < decoded->relation_count; i++)
		if (decoded->relations[i].oid == oid)
			return &decoded->relations[i];
	ck_assert_int_lt(decoded->relation_count, RELATIONS_MOST);
	decoded->relations[decoded->relation_count].oid = oid;
	return &decoded->relations[decoded->relation_count++];
}

static void take_relation(struct decoded *decoded, const unsigned char *at)
{
	struct relation *relation = relation_of(decoded, four(at));
	at = text_at(at + 4, relation->schema, sizeof relation->schema);
	at = text_at(at, relation->table, sizeof relation->table) + 1;
	relation->columns = two(at);
	ck_assert_int_le(relation->columns, COLUMNS_MOST);
	at += 2;
	for (int i = 0; i < relation->columns; i++)
		at = text_at(at + 1, relation->names[i], sizeof relation->names[i]) + 8;
}

static void take_insert(struct decoded *decoded, const unsigned char *at)
{
	struct relation *relation = relation_of(decoded, four(at));
	relation->used = true;
	const char *values[4] = { relation->schema, NULL, NULL, NULL };
	static const char *const wanted[4] = { "", "seq", "id", "payload" };
	char kept[4][8192];
	ck_assert_int_eq(at[4], 'N');
	ck_assert_int_eq(two(at + 5), relation->columns);
	at += 7;
	for (int i = 0; i < relation->columns; i++) {
		ck_assert_int_eq(at[0], 't');
		size_t size = four(at + 1);
		for (int k = 1; k < 4; k++)
			if (strcmp(relation->names[i], wanted[k]) == 0) {
				ck_assert_uint_lt(size, sizeof kept[k]);
				memcpy(kept[k], at + 5, size);
				kept[k][size] = '\0';
				values[k] = kept[k];
			}
		at += 5 + size;
	}
	PGresult *result = PQexecParams(decoded->db, "INSERT INTO seen (schema, seq, id, payload) VALUES ($1, $2, $3, $4)", 4,
	                                NULL, values, NULL, NULL, 0);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQresultErrorMessage(result));
	PQclear(result);
	decoded->inserts++;
}

static void decode(struct decoded *decoded)
{
	PGconn *db = PQconnectdb(suite_admin_url(suite));
	decoded->db = db;
	PQclear(PQexec(db, "CREATE TEMPORARY TABLE seen (n int GENERATED ALWAYS AS IDENTITY, schema text, seq bigint, id uuid, "
	                   "payload jsonb)"));
	PGresult *result = PQexecParams(db, "SELECT data FROM pg_logical_slot_get_binary_changes('capture', NULL, NULL, "
	                                "'proto_version', '1', 'publication_names', 'hearth_events')", 0, NULL, NULL, NULL, NULL, 1);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQresultErrorMessage(result));
	for (int row = 0; row < PQntuples(result); row++) {
		const unsigned char *data = (const unsigned char *)PQgetvalue(result, row, 0);
		size_t size = (size_t)PQgetlength(result, row, 0);
		ck_assert_ptr_null(memmem(data, size, WORLD_BORN, strlen(WORLD_BORN)));
		if (data[0] == 'R')
			take_relation(decoded, data + 1);
		else if (data[0] == 'I')
			take_insert(decoded, data + 1);
		else if (data[0] != 'B' && data[0] != 'C' && data[0] != 'Y' && data[0] != 'O')
			decoded->others++;
	}
	PQclear(result);
}

static long number(PGconn *db, const char *sql)
{
	PGresult *result = PQexec(db, sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQresultErrorMessage(result));
	long value = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return value;
}

#define ALL_OUTBOXES "(SELECT 'placements' AS s, id, seq, payload FROM placements.outbox UNION ALL SELECT 'providers', id, seq, " \
	"payload FROM providers.outbox UNION ALL SELECT 'referrals', id, seq, payload FROM referrals.outbox UNION ALL SELECT " \
	"'finance', id, seq, payload FROM finance.outbox UNION ALL SELECT 'careleavers', id, seq, payload FROM careleavers.outbox) o"

/* What the stock outbox event router reads. */
static const char *const routed[] = { "id", "aggregatetype", "aggregateid", "type", "payload" };

static bool has_column(const struct relation *relation, const char *name)
{
	for (int i = 0; i < relation->columns; i++)
		if (strcmp(relation->names[i], name) == 0)
			return true;
	return false;
}


START_TEST(every_event_of_a_worlds_journeys_is_captured_once_in_order_without_a_date_of_birth)
{
	struct world world;
	struct decoded decoded = { 0 };
	publish();
	in_database("SELECT pg_create_logical_replication_slot('capture', 'pgoutput')");
	world_build(&world, suite, AUTHORITY, NULL, false);
	tables_settle(suite);
	/* One in the next partition. */
	in_database("SELECT setval('placements.outbox_seq', (SELECT below_seq - 1 FROM placements.outbox_present))");
	in_database("INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, time, payload, "
	            "personal) VALUES ('hearth.child.recorded.v1', 'child', 'c', 1, 'c', '2024-06-03', '{\"sex\": \"F\"}', "
	            "'{\"dateOfBirth\": {\"value\": \"" WORLD_BORN "\"}}')");
	decode(&decoded);
	ck_assert_int_gt(decoded.inserts, 30);
	ck_assert_int_eq(decoded.others, 0);
	ck_assert_int_eq(number(decoded.db, "SELECT count(1) FROM " ALL_OUTBOXES), decoded.inserts);
	ck_assert_int_eq(number(decoded.db, "SELECT count(1) FROM " ALL_OUTBOXES " JOIN seen x ON x.schema = o.s AND x.id = o.id "
	                                    "AND x.seq = o.seq AND x.payload = o.payload"), decoded.inserts);
	ck_assert_int_eq(number(decoded.db, "SELECT count(1) FROM (SELECT x.seq <= lag(x.seq) OVER (PARTITION BY x.schema ORDER BY "
	                                    "x.n) AS back FROM seen x) y WHERE y.back"), 0);
	for (int i = 0; i < decoded.relation_count; i++) {
		ck_assert_int_eq(decoded.relations[i].columns, 12);
		ck_assert_int_eq(strcmp(decoded.relations[i].table, "outbox") == 0, decoded.relations[i].used);
		for (int k = 0; k < 12; k++)
			ck_assert_str_ne(decoded.relations[i].names[k], "personal");
		for (int k = 0; k < 5; k++)
			ck_assert_msg(has_column(&decoded.relations[i], routed[k]), "no column %s", routed[k]);
	}
	ck_assert_int_gt(number(decoded.db, "SELECT count(1) FROM placements.outbox WHERE personal::text LIKE '%" WORLD_BORN "%'"), 2);
	PQfinish(decoded.db);
	in_database("SELECT pg_drop_replication_slot('capture')");
}
END_TEST

START_TEST(a_publication_is_made_again_without_harm_and_a_bad_name_is_refused)
{
	publish();
	publish();
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM pg_publication_tables WHERE pubname = 'hearth_events'"), 5);
	ck_assert_int_eq(tables_number(suite, "SELECT count(1) FROM pg_publication_tables WHERE 'personal' = ANY (attnames)"), 0);
	ck_assert_int_eq(suite_hearth(suite, NULL, "migrate", "--admin-url", suite_admin_url(suite), "--publication",
	                              "x; DROP TABLE y", NULL), 1);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "publication",
	                       every_event_of_a_worlds_journeys_is_captured_once_in_order_without_a_date_of_birth,
	                       a_publication_is_made_again_without_harm_and_a_bad_name_is_refused);
}
