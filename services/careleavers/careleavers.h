/* careleavers.h: plans and replies that main.c names in its tables. Inside this service only. */
#ifndef CARELEAVERS_CARELEAVERS_H
#define CARELEAVERS_CARELEAVERS_H

#include <hearth/service.h>

/* methods.c */
hearth_plan_fn careleavers_plan_get_young_person, careleavers_plan_list_young_people;
hearth_reply_fn careleavers_reply_get_young_person, careleavers_reply_list_young_people;
/* events.c */
hearth_plan_fn careleavers_plan_child, careleavers_plan_ended;

#endif
