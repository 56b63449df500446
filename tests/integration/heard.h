/* heard.h: what careleavers hears of placements, for tests of consumers: events put into the outbox by hand, children
 * whose effects fail, and what the processes say of themselves. */
#ifndef TESTS_INTEGRATION_HEARD_H
#define TESTS_INTEGRATION_HEARD_H

#include <stdbool.h>

#include "../support/suite.h"

#define HEARD_AUTHORITY "961"

void heard_sql(struct suite *suite, const char *sql);
/* `child` was born on `born` ("" not known); nobody hints at it. */
void heard_tell(struct suite *suite, const char *child, const char *born);
/* The effects of careleavers on children like `child` (a LIKE pattern) fail with this SQLSTATE, until heard_cure. */
void heard_poison(struct suite *suite, const char *child, const char *sqlstate);
void heard_cure(struct suite *suite);
/* Of careleavers.young_person: how many effects `child` has had, and its date of birth (static; "" none). */
long heard_effects(struct suite *suite, const char *child);
const char *heard_born(struct suite *suite, const char *child);
/* Waits until `sql` gives `wanted`; whether it did. */
bool heard_comes(struct suite *suite, const char *sql, long wanted, int ms);
/* A gauge of a process of the service: the line that begins so; -1 when there is none. `index`: as in suite_pid. */
double heard_metric(struct suite *suite, const char *service, int index, const char *line);
/* The process of careleavers that applies placements (of `instances`); -1 when none says so. Processes that hang are not
 * asked. */
int heard_active(struct suite *suite, int instances);

#endif
