/* plants.h: faults planted into a true story, for the test of the checker. */
#ifndef TESTS_FAULT_PLANTS_H
#define TESTS_FAULT_PLANTS_H

struct plant {
	const char *check;         /* the name of the check that must speak */
	const char *sql;           /* statements; the last gives one row of one text, which the sentence must hold */
};

extern const struct plant plants[];      /* ends with check NULL */

#endif
