/* synth_data.h: the proportions of made-up returns: whole numbers by name, each with its source or marked as an
 * assumption. The file that is built in is synth/proportions.csv; another of the same form may take its place. */
#ifndef HEARTH_CLI_SYNTH_DATA_H
#define HEARTH_CLI_SYNTH_DATA_H

#include <stddef.h>
#include <stdint.h>

#include <hearth/status.h>

/* Groups of values: weights of which one is picked, or figures of one kind. Keys are in synth_data.c. */
enum synth_group {
	SYNTH_ENTRY_AGE, SYNTH_SEX, SYNTH_ETHNIC, SYNTH_NEED,
	SYNTH_UNACCOMPANIED, SYNTH_UASC_SEX, SYNTH_UASC_ETHNIC, SYNTH_UASC_AGE,
	SYNTH_EXIT_MONTH, SYNTH_EXIT_AGE, SYNTH_RETURN,
	SYNTH_LEFT_0_4, SYNTH_LEFT_5_15, SYNTH_LEFT_16_17, SYNTH_LEFT_18, SYNTH_ADOPTION,
	SYNTH_FIRST_LEGAL, SYNTH_LEGAL,
	SYNTH_PLACE_0_4, SYNTH_PLACE_5_9, SYNTH_PLACE_10_15, SYNTH_PLACE_16_17, SYNTH_PLACE_UASC, SYNTH_PARENTS,
	SYNTH_MOVE_MONTH, SYNTH_REASON, SYNTH_LONG_TERM,
	SYNTH_PROVIDER_FOSTER, SYNTH_PROVIDER_HOME, SYNTH_PROVIDER_SUPPORTED, SYNTH_RING_OWN, SYNTH_RING_OTHER,
	SYNTH_PLACES_FOSTER, SYNTH_PLACES_HOME, SYNTH_PLACES_SUPPORTED, SYNTH_SPARE, SYNTH_FEE,
	SYNTH_CAN_FOSTER, SYNTH_CAN_HOME, SYNTH_CAN_SUPPORTED, SYNTH_NOT_TAKEN, SYNTH_SETTING,
	SYNTH_REVIEW, SYNTH_MODULES, SYNTH_TARGET,
	SYNTH_GROUPS
};
#define SYNTH_KEYS_MOST 24

struct synth_data {
	uint32_t values[SYNTH_GROUPS][SYNTH_KEYS_MOST];
	uint64_t totals[SYNTH_GROUPS];
};

/* Reads the text of a file: columns name, value, source, vintage. Every name once, no other. */
int synth_data_read(struct synth_data *data, const void *text, size_t size, struct hearth_status *status);
const char *synth_key(enum synth_group group, size_t key);      /* NULL past the last */
/* The place of a key; asserts that there is one. */
size_t synth_key_place(enum synth_group group, const char *key);
uint32_t synth_value(const struct synth_data *data, enum synth_group group, const char *key);

#endif
