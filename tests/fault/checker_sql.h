/* checker_sql.h: checks that are one query each: every row is a violation, its one column the sentence. */
#ifndef TESTS_FAULT_CHECKER_SQL_H
#define TESTS_FAULT_CHECKER_SQL_H

struct checker_query {
	const char *name;
	const char *sql;
};

/* Made first, in the checker's own session: what the services' tables have in common, as one. */
extern const char *const checker_views[];                /* ends with NULL */
extern const char *const checker_tables[];               /* what costs more: not for a look at the cursors alone */
extern const struct checker_query checker_writes[];      /* need the table `acknowledged` */
extern const struct checker_query checker_events[];

#endif
