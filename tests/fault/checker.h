/* checker.h: whether the tables tell one true story, whatever was killed while they were written.
 *
 * Reads all schemas over a superuser's connection, in one snapshot, and recomputes from first principles; it shares no
 * code and no SQL function with the services. Every violation is a sentence that names ids. Ours: the report and its text.
 */
#ifndef TESTS_FAULT_CHECKER_H
#define TESTS_FAULT_CHECKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fault_shared;
struct pg_conn;            /* libpq's PGconn */

/* What a year must cost, by the checker's own reckoning. */
struct checker_money {
	char authority[4];
	int64_t posted, committed;     /* pence of the days before today, and of those from it on to 31 March */
};

#define CHECKER_AUTHORITIES_MOST 4

struct checker_report {
	size_t count;              /* violations */
	char *text;                /* one sentence a line, at most some hundred; NULL: none */
	size_t size;
	struct checker_money money[CHECKER_AUTHORITIES_MOST];
	size_t money_count;
	size_t checks;             /* how many checks spoke or were silent */
};

/* Checks all; `shared` (what was acknowledged) may be NULL, `today` is the day of every clock. 0, or -1 when the tables
 * could not be read. */
int checker_run(const char *admin_url, const struct fault_shared *shared, int32_t today, struct checker_report *report);
/* The same inside the caller's open transaction, which a test has spoilt and will roll back. */
int checker_look(struct pg_conn *db, const struct fault_shared *shared, int32_t today, struct checker_report *report);
/* Whether nothing was found; else prints it on standard error (a failure's text in Check is bounded). */
bool checker_quiet(const struct checker_report *report);
void checker_report_free(struct checker_report *report);
void checker_say(struct checker_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Is every cursor at its source's end, no timer due, every event in a partition, the audit sealed?
 * `ret_why` says what is not; also when the server is away. */
bool checker_caught_up(const char *admin_url, int32_t today, char *ret_why, size_t size);

#endif
