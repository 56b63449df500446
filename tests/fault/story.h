/* story.h: what the tests of whole runs share. */
#ifndef TESTS_FAULT_STORY_H
#define TESTS_FAULT_STORY_H

#include "fault.h"

/* JOURNEYS of the environment, else 200. */
int story_journeys(void);
/* A run with two and three processes per service and the seed of FAULT_SEED, else of the time. */
struct fault_run story_new(int journeys);
/* Drives, looks, asks the services, prints the report, ends the suite; fails the test when anything is wrong. */
void story_drive_and_look(struct fault_run *run);

#endif
