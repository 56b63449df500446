/* tables.c: what stands in the tables of a suite. See tables.h. */
#include "tables.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#define SCHEMAS "'placements', 'providers', 'referrals', 'finance', 'careleavers'"

static PGconn *db;
static pid_t owner;

void tables_forget(void)
{
	db = NULL;
}

PGconn *tables_db(struct suite *suite)
{
	if (db != NULL && owner == getpid())
		return db;
	owner = getpid();
	db = PQconnectdb(suite_admin_url(suite));
	ck_assert_msg(PQstatus(db) == CONNECTION_OK, "%s", PQerrorMessage(db));
	return db;
}

static PGresult *query(struct suite *suite, const char *sql)
{
	PGresult *result = PQexec(tables_db(suite), sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQresultErrorMessage(result));
	return result;
}

long tables_number(struct suite *suite, const char *sql)
{
	PGresult *result = query(suite, sql);
	long number = strtol(PQgetvalue(result, 0, 0), NULL, 10);
	PQclear(result);
	return number;
}

/* ---- nothing left to do ---- */

#define HEARD(service, source)                                                                                      \
	"coalesce((SELECT seq FROM " service ".cursor WHERE source = '" source "'), 0)"                                  \
	" >= coalesce((SELECT max(seq) FROM " source ".outbox), 0)"
#define NOTHING_DUE(service) "NOT EXISTS (SELECT FROM " service ".timer WHERE due <= '2024-06-03T10:00:00Z')"

void tables_settle(struct suite *suite)
{
	static const char sql[] = "SELECT (" HEARD("finance", "placements") " AND " HEARD("finance", "providers")
		" AND " HEARD("careleavers", "placements")
		" AND " HEARD("placements", "providers") " AND " HEARD("providers", "referrals")
		" AND " HEARD("providers", "placements") " AND " HEARD("referrals", "placements")
		" AND " HEARD("referrals", "providers") " AND " NOTHING_DUE("placements") " AND " NOTHING_DUE("providers")
		" AND " NOTHING_DUE("referrals") " AND " NOTHING_DUE("finance") " AND " NOTHING_DUE("careleavers")
		" AND NOT EXISTS (SELECT FROM providers.need n WHERE n.found_revision < "      /* shortlists are of the newest homes */
		"(SELECT max(m.revision) FROM providers.match_home m WHERE m.until_revision IS NULL)))::int";
	for (int tries = 0; tries < 4000; tries++) {
		if (tables_number(suite, sql) == 1)
			return;
		usleep(5000);
	}
	ck_abort_msg("the suite does not come to rest");
}

/* ---- prints ---- */

static char *join(PGresult *result)
{
	size_t size = 1;
	for (int i = 0; i < PQntuples(result); i++)
		size += strlen(PQgetvalue(result, i, 0)) + 1;
	char *text = malloc(size), *at = text;
	for (int i = 0; i < PQntuples(result); i++)
		at = stpcpy(stpcpy(at, PQgetvalue(result, i, 0)), "\n");
	*at = '\0';
	PQclear(result);
	return text;
}

/* A SELECT over every table, made of the catalogue: `part` with table, column list and filter put in by format(). */
static char *over_tables(struct suite *suite, const char *authority, const char *part)
{
	char sql[2048];
	snprintf(sql, sizeof sql,
	         "SELECT string_agg(format('%s', n.nspname || '.' || c.relname, n.nspname, c.relname, "
	         "CASE WHEN '%s' <> '' THEN 't.authority = ''%s''' ELSE 'true' END), ' UNION ALL ' ORDER BY 1) || ' ORDER BY 1' "
	         "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') "
	         "AND c.relpersistence = 'p' AND c.relname NOT IN ('consumer_seen', 'outbox_part') "
	         "AND NOT c.relispartition "     /* bookkeeping; parts are in their whole */
	         "AND n.nspname IN (" SCHEMAS ") AND ('%s' = '' OR EXISTS (SELECT FROM pg_attribute a "
	         "WHERE a.attrelid = c.oid AND a.attname = 'authority'))", part, authority, authority, authority);
	PGresult *built = query(suite, sql);
	char *text = join(query(suite, PQgetvalue(built, 0, 0)));
	PQclear(built);
	return text;
}

/* What comes by itself is left out: the audit (reads are noted, seals made: test_audit), the list of partitions, and up to
 * which revision of the homes, which are everybody's, shortlists were looked at. */
char *tables_print(struct suite *suite, const char *authority)
{
	return over_tables(suite, authority != NULL ? authority : "",
	                   "SELECT %L || '' '' || count(*) || '' '' || "
	                   "coalesce(md5(string_agg((to_jsonb(t) - ''found_revision'')::text, '','' "
	                   "ORDER BY (to_jsonb(t) - ''found_revision'')::text)), ''-'') FROM %I.%I t WHERE %s "
	                   "AND t.tableoid::regclass::text NOT LIKE ''%%.audit%%'' "
	                   "AND t.tableoid::regclass::text NOT LIKE ''%%.outbox_part''");
}

void tables_assert_same(const char *before, const char *after, const char *what)
{
	const char *a = before, *b = after;
	while (*a != '\0' && *b != '\0') {
		size_t left = strcspn(a, "\n"), right = strcspn(b, "\n");
		ck_assert_msg(left == right && strncmp(a, b, left) == 0, "%s: %.*s became %.*s", what, (int)left, a, (int)right, b);
		a += left + (a[left] == '\n');
		b += right + (b[right] == '\n');
	}
	ck_assert_msg(*a == *b, "%s: a table came or went", what);
}

char *tables_uuids(struct suite *suite, const char *authority)
{
	char *inner = over_tables(suite, authority, "SELECT %L || '' '' || t::text FROM %I.%I t WHERE %s");
	/* PostgreSQL writes UUIDs in lower case: picked out of the rows' texts by one more query. */
	static const char sql[] = "SELECT DISTINCT m[1] FROM regexp_matches($1, "
		"'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', 'g') m "
		"WHERE m[1] NOT IN (SELECT id::text FROM providers.home UNION ALL SELECT id::text FROM providers.provider "
		"UNION ALL SELECT id::text FROM providers.document "       /* what supply is for all */
		"UNION ALL SELECT id::text FROM providers.approval UNION ALL SELECT id::text FROM providers.carer_review "
		"UNION ALL SELECT id::text FROM providers.fostering_enquiry UNION ALL SELECT id::text FROM providers.constellation "
		"UNION ALL SELECT id::text FROM providers.place_block "
		"UNION ALL SELECT id::text FROM providers.registration UNION ALL SELECT id::text FROM providers.inspection "
		"UNION ALL SELECT id::text FROM providers.bar WHERE authority = '') "
		"ORDER BY 1";
	const char *const values[] = { inner };
	PGresult *result = PQexecParams(tables_db(suite), sql, 1, NULL, values, NULL, NULL, 0);
	ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQresultErrorMessage(result));
	free(inner);
	return join(result);
}

char *tables_texts(struct suite *suite)
{
	return over_tables(suite, "", "SELECT %L || '' '' || t::text FROM %I.%I t WHERE %s");
}
