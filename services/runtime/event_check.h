/* event_check.h: does the SQL that tells events keep to their contract?
 *
 * A lexical check of a statement's text, used at start: every literal 'hearth.<...>.vN' that follows INSERT INTO outbox
 * must be a type that the service tells, and the keys of the jsonb_build_object that follows it must be literals and
 * lowerCamelCase names of fields of that type's message (values that are themselves jsonb_build_object, bare or inside
 * CASE or coalesce, are checked against the field's message). Fields that identify a person (hearth.v1.PersonalDate)
 * stand at the top of the object of column `personal`, which holds nothing else, and in no other column. No knowledge
 * of SQL beyond quotes, comments and brackets.
 */
#ifndef HEARTH_EVENT_CHECK_H
#define HEARTH_EVENT_CHECK_H

#include <hearth/service.h>
#include "sql.h"

/* -1 names file, type and key. `tells` may be NULL: then no event may be told. */
int hearth_event_check(const struct hearth_statement *statement, const struct hearth_told *tells,
                       struct hearth_status *status);

#endif
