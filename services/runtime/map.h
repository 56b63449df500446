/* map.h: messages to parameters and rows to messages, by name.
 *
 * A parameter resolves to a field path of the request joined with `_`: `weekly_fee_pence` is weekly_fee.pence,
 * `episodes_decom` through a repeated message is an array of all items' decom; a field that is itself a message or a
 * repeated message binds as jsonb (snake_case names). An unset sub-message on the way and an empty string are SQL NULL
 * (unknown is null). Enums bind as their text names; value 0 as NULL. Numbers and booleans bind as they are.
 * A column name is a path joined with dots: "fee.pence", or a bare field. jsonb fills a message or repeated field, a
 * text array a repeated string. SQL NULL into a scalar that is not inside its own sub-message is INTERNAL (an unknown
 * fee can never read as 0): except string, where the field says "empty when unknown", so NULL leaves it empty. A
 * sub-message whose columns are all NULL stays unset. A jsonb column of a sub-message may stand beside columns of its
 * fields: what these hold is stronger.
 * Reserved columns, never mapped: outcome, detail, result_key, page_key.
 */
#ifndef HEARTH_MAP_H
#define HEARTH_MAP_H

#include "sql.h"

struct hearth_arena;

/* Compiled once per (statement, descriptor) at start. */
struct hearth_binder;     /* parameters of a statement from a request descriptor */
struct hearth_mapper;     /* columns of a statement to a reply descriptor */

/* `given` (NULL-terminated) are names that the runtime or the plan binds; a parameter found neither in the descriptor
 * nor there fails. `request` may be NULL. */
struct hearth_binder *hearth_binder_new(const struct hearth_statement *statement, const ProtobufCMessageDescriptor *request,
                                        const char *const *given, struct hearth_status *status);
void hearth_binder_free(struct hearth_binder **binder);
/* Text values for every parameter that the request holds; entries that are not the request's are left as they are. */
int hearth_binder_bind(const struct hearth_binder *binder, struct hearth_arena *arena, const ProtobufCMessage *request,
                       const char **values, struct hearth_status *status);

/* After the statement was described. Fails for an unknown column or a wrong type, naming statement and column. */
struct hearth_mapper *hearth_mapper_new(const struct hearth_statement *statement, const ProtobufCMessageDescriptor *reply,
                                        struct hearth_status *status);
void hearth_mapper_free(struct hearth_mapper **mapper);
int hearth_mapper_fill(const struct hearth_mapper *mapper, struct hearth_arena *arena, const PGresult *result, int row,
                       ProtobufCMessage *message, struct hearth_status *status);

/* Array literal for text values; NULL item is NULL. */
char *hearth_array_literal(struct hearth_arena *arena, size_t count, const char *const *values);

#endif
