/* careleavers.h: what main.c names in its tables, and what its files share. Inside this service only. */
#ifndef CARELEAVERS_CARELEAVERS_H
#define CARELEAVERS_CARELEAVERS_H

#include <hearth/careleavers/v1/careleavers.pb-c.h>
#include <hearth/service.h>

#include "eligibility.h"

/* methods.c */
hearth_plan_fn careleavers_plan_get_young_person, careleavers_plan_list_young_people, careleavers_plan_list_due,
    careleavers_plan_list_turning_18, careleavers_plan_record_accommodation, careleavers_plan_list_accommodation,
    careleavers_plan_record_pathway_event, careleavers_plan_list_pathway_events, careleavers_plan_record_circumstance,
    careleavers_plan_list_codes;
hearth_reply_fn careleavers_reply_get_young_person, careleavers_reply_list_young_people, careleavers_reply_list_due,
    careleavers_reply_list_turning_18;
/* events.c */
extern const struct hearth_told careleavers_told[];
extern const struct hearth_source careleavers_sources[];
extern const struct hearth_timer careleavers_timers[];

/* history.c: a row's texts to what the rules read; all lives in the arena. */
int32_t careleavers_read_day(const char *text);                  /* NULL or no date: ELIGIBILITY_NO_DAY */
struct eligibility_history careleavers_read_history(struct hearth_arena *arena, const struct hearth_rows *rows, size_t row);
struct eligibility_thresholds careleavers_read_law(const struct hearth_rows *rows, size_t row);
/* "RELEVANT"; UNKNOWN is "UNKNOWN". "OWED"; no support is NULL. */
const char *careleavers_status_name(enum eligibility_status status);
const char *careleavers_support_name(enum eligibility_support support);
const char *careleavers_code_name(enum eligibility_code code);

/* person.c: a row to the message, by the rules. */
int careleavers_write_person(struct hearth_call *call, const struct hearth_rows *rows, size_t row,
                             Hearth__Careleavers__V1__YoungPerson *person, struct hearth_status *status);

#endif
