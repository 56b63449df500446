/* placements.h: what main.c names in its tables. Inside this service only. */
#ifndef PLACEMENTS_PLACEMENTS_H
#define PLACEMENTS_PLACEMENTS_H

#include <hearth/service.h>

/* children.c */
hearth_plan_fn placements_plan_create_child, placements_plan_update_child, placements_plan_upsert_child,
    placements_plan_upsert_child_external_id,
    placements_plan_get_child, placements_plan_lookup_child, placements_plan_get_child_history,
    placements_plan_list_looked_after, placements_plan_count_looked_after, placements_plan_list_codes;
/* methods.c */
hearth_plan_fn placements_plan_plan_placement, placements_plan_get_placement,
    placements_plan_set_planned_end, placements_plan_list_placements,
    placements_plan_start_placement, placements_plan_move_placement, placements_plan_vary_placement,
    placements_plan_end_placement, placements_plan_break_down, placements_plan_cancel_placement,
    placements_plan_lookup_placement, placements_plan_upsert_placement_external_id, placements_plan_end_care;
/* import.c */
hearth_plan_fn placements_plan_import_episodes;
/* Binds used_* (codes) and life_* (periods of care) of a bulk request that has been checked. */
void placements_bind_lives(struct hearth_call *call);
/* events.c */
extern const struct hearth_told placements_told[];
extern const struct hearth_source placements_sources[];
extern const struct hearth_timer placements_timers[];

#endif
