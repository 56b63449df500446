/* placements.h: plans that main.c names in its tables. Inside this service only. */
#ifndef PLACEMENTS_PLACEMENTS_H
#define PLACEMENTS_PLACEMENTS_H

#include <hearth/service.h>

/* children.c */
hearth_plan_fn placements_plan_create_child, placements_plan_update_child, placements_plan_upsert_child,
    placements_plan_get_child, placements_plan_lookup_child, placements_plan_get_child_history,
    placements_plan_list_looked_after, placements_plan_count_looked_after, placements_plan_list_codes;
/* methods.c */
hearth_plan_fn placements_plan_plan_placement, placements_plan_get_placement, placements_plan_list_placements,
    placements_plan_start_placement, placements_plan_move_placement, placements_plan_vary_placement,
    placements_plan_end_placement, placements_plan_break_down, placements_plan_cancel_placement;
/* import.c */
hearth_plan_fn placements_plan_import_episodes;
/* events.c */
hearth_plan_fn placements_plan_place_held, placements_plan_place_released;

/* checks.c: shared by the plans; INVALID_ARGUMENT naming the field. */

/* Writes of demand need an authority: FAILED_PRECONDITION otherwise. */
int placements_check_authority(const struct hearth_call *call, struct hearth_status *status);
int placements_check_uuid_or_empty(const char *value, const char *field, struct hearth_status *status);
int placements_check_date_or_empty(const char *value, const char *field, struct hearth_status *status);
/* A day that has come: a date, not after today. */
int placements_check_past_day(const struct hearth_call *call, const char *value, const char *field,
                              struct hearth_status *status);
/* A code: `least` to 8 of A-Z 0-9. Whether it is in force is for the SQL to say. */
int placements_check_code(const char *value, size_t least, const char *field, struct hearth_status *status);
int placements_check_etag(const char *value, const char *field, struct hearth_status *status);

#endif
