/* checker_parts.h: what the checker's parts share. */
#ifndef TESTS_FAULT_CHECKER_PARTS_H
#define TESTS_FAULT_CHECKER_PARTS_H

#include <libpq-fe.h>

#include "checker.h"

/* Rows, or NULL with the reason on standard error. */
PGresult *checker_read(PGconn *db, const char *sql);

/* checker_places.c: holds of each home over time, replayed from providers' outbox. */
int checker_places(PGconn *db, struct checker_report *report);
/* checker_ledger.c: days x rates, day by day, from what placements holds. */
int checker_ledger(PGconn *db, int32_t today, struct checker_report *report);

#endif
