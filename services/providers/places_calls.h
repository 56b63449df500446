/* places_calls.h: what the files about places share with the tables of the service. */
#ifndef PROVIDERS_PLACES_CALLS_H
#define PROVIDERS_PLACES_CALLS_H

#include "providers.h"
#include "places_calendar.h"

/* places.c */
hearth_plan_fn providers_block_places, providers_end_place_block, providers_list_place_blocks, providers_confirm_vacancies,
	providers_plan_opening, providers_record_opening, providers_list_openings, providers_set_place_policy,
	providers_get_places, providers_get_calendar;
hearth_reply_fn providers_show_places, providers_show_calendar;

/* places_report.c */
hearth_plan_fn providers_list_places, providers_occupancy_report;
hearth_step_fn providers_listed_places, providers_occupancy_reported;

/* places_facts.c: rows with the columns fact, code, places, from_day, until_day, own. Texts stay the rows'. */

/* The fact in a row; false: it holds none. A name that is not known here is none of levels or days. */
bool providers_place_fact(const struct hearth_rows *rows, size_t row, struct places_fact *ret_fact);
/* Of the rows from `first` to before `end`; the number of facts. In the call's arena. */
size_t providers_place_facts(struct hearth_call *call, const struct hearth_rows *rows, size_t first, size_t end,
                             struct places_fact **ret_facts);

#define PLACES_DAYS_MOST 366

/* A day, empty for `otherwise`, as days since 1970. -1: it is no date, or further from today than PLACES_DAYS_MOST. */
int providers_place_day(struct hearth_call *call, const char *text, const char *field, int32_t *ret_day,
                        struct hearth_status *status);
/* From a day to before another one, at most PLACES_DAYS_MOST on; an empty start is today. */
int providers_place_period(struct hearth_call *call, const char *from, const char *until, int32_t *ret_from,
                           int32_t *ret_until, struct hearth_status *status);
char *providers_day_text(struct hearth_call *call, int32_t day);         /* "" of PLACES_NO_DAY; in the call's arena */
Hearth__V1__Count *providers_known_count(struct hearth_call *call, int64_t value);   /* NULL of PLACES_UNKNOWN */
Hearth__Providers__V1__PlaceDays *providers_place_days(struct hearth_call *call, const struct places_days *days);

#endif
