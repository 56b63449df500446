/* sql.h: the .sql files of a service: named parameters to $n, checked against descriptors.
 *
 * A file holds one statement; `-- plan: fresh` has it planned for each call's values (long arrays). `:name` is a
 * parameter (never inside quotes, comments, dollar quotes or `::casts`);
 * `-- scope: supply` or `-- scope: internal` says that it needs no :authority. `*` as a select item, now(),
 * current_date, current_timestamp, clock_timestamp() and the like are refused at load, as is a missing scope.
 */
#ifndef HEARTH_SQL_H
#define HEARTH_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <libpq-fe.h>
#include <protobuf-c/protobuf-c.h>
#include <hearth/service.h>

#define HEARTH_PARAMETERS_MOST 64
#define HEARTH_COLUMNS_MOST 96

struct hearth_parameter {
	const char *name;                 /* without the colon */
	Oid type;                         /* after the check */
};

struct hearth_column {
	const char *name;
	Oid type;
};

/* A statement of the service; lives as long as the registry. */
struct hearth_statement {
	const char *name;                 /* file name without .sql; also the prepared statement's name */
	const char *text;                 /* with $1.. */
	size_t parameter_count;
	struct hearth_parameter parameters[HEARTH_PARAMETERS_MOST];
	size_t column_count;              /* after the check (described by the server) */
	struct hearth_column columns[HEARTH_COLUMNS_MOST];
	bool supply;
	bool fresh_plan;                  /* `-- plan: fresh`: planned for each call's values (lists of rows to write) */
};

struct hearth_statements;             /* registry */

/* Loads all files; later tables win. -1 names the file and what is wrong. */
struct hearth_statements *hearth_statements_new(const struct hearth_file *const *tables, struct hearth_status *status);
void hearth_statements_free(struct hearth_statements **statements);
struct hearth_statement *hearth_statements_find(struct hearth_statements *statements, const char *name);  /* or NULL */
size_t hearth_statements_count(const struct hearth_statements *statements);
struct hearth_statement *hearth_statements_at(struct hearth_statements *statements, size_t index);

#endif
