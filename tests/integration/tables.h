/* tables.h: what stands in the tables of a suite's five services, for tests that compare before and after. */
#ifndef TESTS_INTEGRATION_TABLES_H
#define TESTS_INTEGRATION_TABLES_H

#include <libpq-fe.h>

#include "../support/suite.h"

/* A connection as superuser; one per test's process. */
PGconn *tables_db(struct suite *suite);
/* It is connected anew when it is next asked for: the test has closed it, or goes to another suite. */
void tables_forget(void);
/* Waits until every consumer has applied all that its sources told and no timer is due; fails the test after 20 s. */
void tables_settle(struct suite *suite);
/* "schema.table rows md5" of each table, a line each; to be freed. With an authority: of its rows alone, and only
 * tables that have one. */
char *tables_print(struct suite *suite, const char *authority);
/* Fails the test with the first line that differs. */
void tables_assert_same(const char *before, const char *after, const char *what);
/* All UUIDs in the rows of an authority but those of homes and providers, which are everybody's; sorted, a line each; to
 * be freed. */
char *tables_uuids(struct suite *suite, const char *authority);
/* Every row of every table as text; to be freed. */
char *tables_texts(struct suite *suite);
long tables_number(struct suite *suite, const char *sql);

#endif
