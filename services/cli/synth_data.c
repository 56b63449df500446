/* synth_data.c: the names that a file of proportions has, and its reading. */
#include "synth_data.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "import_csv.h"

#define VALUE_MOST 1000000

#define KEYS(...) (const char *const[]){ __VA_ARGS__, NULL }
static const struct { const char *name; const char *const *keys; } groups[SYNTH_GROUPS] = {
	[SYNTH_ENTRY_AGE] = { "entry_age", KEYS("under_1", "1_to_4", "5_to_9", "10_to_15", "16_to_17") },
	[SYNTH_SEX] = { "sex", KEYS("M", "F") },
	[SYNTH_ETHNIC] = { "ethnic", KEYS("WBRI", "WIRI", "WOTH", "WIRT", "WROM", "MWBC", "MWBA", "MWAS", "MOTH", "AIND", "APKN",
	                                  "ABAN", "AOTH", "BCRB", "BAFR", "BOTH", "CHNE", "OOTH", "REFU", "NOBT") },
	[SYNTH_NEED] = { "need", KEYS("N1", "N2", "N3", "N4", "N5", "N6", "N7", "N8") },
	[SYNTH_UNACCOMPANIED] = { "uasc", KEYS("entries") },
	[SYNTH_UASC_SEX] = { "uasc_sex", KEYS("M", "F") },
	[SYNTH_UASC_ETHNIC] = { "uasc_ethnic", KEYS("WOTH", "AOTH", "BAFR", "BOTH", "OOTH") },
	[SYNTH_UASC_AGE] = { "uasc_age", KEYS("14", "15", "16", "17") },
	[SYNTH_EXIT_MONTH] = { "exit_month", KEYS("0", "1_to_5", "6_to_11", "12_to_23", "24_to_59", "60_on") },
	[SYNTH_EXIT_AGE] = { "exit_age_percent", KEYS("0_to_4", "5_to_9", "10_to_15", "16_to_17") },
	[SYNTH_RETURN] = { "return", KEYS("permille") },
	[SYNTH_LEFT_0_4] = { "left_0_to_4", KEYS("E4A", "E4B", "SGO", "E41", "E13", "E3", "E8", "E2") },
	[SYNTH_LEFT_5_15] = { "left_5_to_15", KEYS("E4A", "E4B", "SGO", "E41", "E13", "E3", "E8", "E2") },
	[SYNTH_LEFT_16_17] = { "left_16_to_17", KEYS("E4A", "E4B", "SGO", "E5", "E6", "E9", "E13", "E3", "E16", "E8", "E2") },
	[SYNTH_LEFT_18] = { "left_at_18", KEYS("E17", "E5", "E6", "E7", "E4A", "E13", "E8") },
	[SYNTH_ADOPTION] = { "adoption", KEYS("entries_under_4", "order_days", "placed_days", "adopted_days", "unopposed",
	                                      "same_carer") },
	[SYNTH_FIRST_LEGAL] = { "first_legal", KEYS("C1", "V2", "L1", "L2", "J1") },
	[SYNTH_LEGAL] = { "legal", KEYS("care_order_days", "accommodated_to_court", "to_court_days", "remand_days") },
	[SYNTH_PLACE_0_4] = { "place_0_to_4", KEYS("U3", "U6", "U5", "P1", "R2") },
	[SYNTH_PLACE_5_9] = { "place_5_to_9", KEYS("U3", "U6", "K2", "P1", "R2") },
	[SYNTH_PLACE_10_15] = { "place_10_to_15", KEYS("U3", "U6", "K2", "K1", "P1", "R1", "R2") },
	[SYNTH_PLACE_16_17] = { "place_16_to_17", KEYS("U3", "U6", "K2", "K1", "P1", "R1", "R2", "SA") },
	[SYNTH_PLACE_UASC] = { "place_uasc", KEYS("U6", "K2", "SA") },
	[SYNTH_PARENTS] = { "parents", KEYS("move_permille") },
	[SYNTH_MOVE_MONTH] = { "move_month", KEYS("0", "1_to_2", "3_to_11", "12_on") },
	[SYNTH_REASON] = { "reason", KEYS("CARPL", "CLOSE", "ALLEG", "STAND", "APPRR", "CREQB", "CREQO", "CHILD", "LAREQ",
	                                  "OTHER") },
	[SYNTH_LONG_TERM] = { "long_term", KEYS("days", "permille") },
	[SYNTH_PROVIDER_FOSTER] = { "provider_foster", KEYS("PR1", "PR4", "PR5") },
	[SYNTH_PROVIDER_HOME] = { "provider_home", KEYS("PR1", "PR4", "PR5") },
	[SYNTH_PROVIDER_SUPPORTED] = { "provider_supported", KEYS("PR1", "PR4", "PR5") },
	[SYNTH_RING_OWN] = { "ring_own", KEYS("in_near", "in_far") },
	[SYNTH_RING_OTHER] = { "ring_other", KEYS("in_near", "in_far", "out_near", "out_far") },
	[SYNTH_PLACES_FOSTER] = { "places_foster", KEYS("1", "2", "3") },
	[SYNTH_PLACES_HOME] = { "places_home", KEYS("1", "2", "3", "4", "5", "6") },
	[SYNTH_PLACES_SUPPORTED] = { "places_supported", KEYS("1", "2", "3", "4", "5", "6") },
	[SYNTH_SPARE] = { "spare", KEYS("fostering", "homes") },
	[SYNTH_FEE] = { "fee", KEYS("foster_own", "foster_agency", "home", "secure", "supported") },
	[SYNTH_CAN_FOSTER] = { "can_foster", KEYS("ESOL", "BSL", "MAKATON", "HOME_ADAPTATION", "CULTURAL_NEEDS", "PETS",
	                                          "EMERGENCY", "PARENT_AND_CHILD", "UNACCOMPANIED") },
	[SYNTH_CAN_HOME] = { "can_home", KEYS("ESOL", "BSL", "MAKATON", "HOME_ADAPTATION", "CULTURAL_NEEDS",
	                                      "ADDITIONAL_SUPERVISION", "THERAPEUTIC_SUPPORT", "TAXIS_TO_SCHOOL",
	                                      "DEPRIVATION_OF_LIBERTY", "EMERGENCY", "EDUCATION") },
	[SYNTH_CAN_SUPPORTED] = { "can_supported", KEYS("ESOL", "CULTURAL_NEEDS", "HOME_ADAPTATION", "EMERGENCY",
	                                                "UNACCOMPANIED") },
	[SYNTH_NOT_TAKEN] = { "not_taken", KEYS("SELF_HARM", "CRIMINAL_EXPLOITATION", "DRUG_ALCOHOL", "EATING_DISORDER",
	                                        "MISSING", "SEXUAL_EXPLOITATION", "TO_OTHERS_PHYSICAL", "TO_OTHERS_SEXUAL",
	                                        "TO_OTHERS_FIRE", "TO_OTHERS_ANIMALS") },
	[SYNTH_SETTING] = { "setting", KEYS("manager_vacant") },
	[SYNTH_REVIEW] = { "review", KEYS("PN1", "PN2", "PN3", "PN4", "PN5", "PN6", "PN7") },
	[SYNTH_MODULES] = { "modules", KEYS("missing_year", "convicted", "substance", "checks_done", "sdq_missing", "mother",
	                                    "previous_permanence", "in_touch") },
	[SYNTH_TARGET] = { "target", KEYS("entries_per_1000", "left_within_1_year", "age_10_to_15", "male", "uasc", "need_N1",
	                                  "foster", "relative_foster", "homes_and_supported", "parents", "adoption",
	                                  "care_order", "accommodated", "placement_order", "placements_3_or_more",
	                                  "placements_2", "own_area", "over_20_miles", "adopted_of_leavers",
	                                  "sgo_of_leavers") },
};

const char *synth_key(enum synth_group group, size_t key)
{
	return groups[group].keys[key];
}

size_t synth_key_place(enum synth_group group, const char *key)
{
	size_t place = 0;
	while (groups[group].keys[place] != NULL && strcmp(groups[group].keys[place], key) != 0)
		place++;
	assert(groups[group].keys[place] != NULL);
	return place;
}

uint32_t synth_value(const struct synth_data *data, enum synth_group group, const char *key)
{
	return data->values[group][synth_key_place(group, key)];
}

/* ---- reading -------------------------------------------------------------------------------------------------------- */

struct reading {
	struct synth_data *data;
	size_t rows;
	bool seen[SYNTH_GROUPS][SYNTH_KEYS_MOST];
	struct hearth_status *status;
};

static bool find_name(const char *name, enum synth_group *ret_group, size_t *ret_key)
{
	for (int group = 0; group < SYNTH_GROUPS; group++) {
		size_t size = strlen(groups[group].name);
		if (strncmp(name, groups[group].name, size) != 0 || name[size] != '.')
			continue;
		for (size_t key = 0; groups[group].keys[key] != NULL; key++) {
			if (strcmp(name + size + 1, groups[group].keys[key]) != 0)
				continue;
			*ret_group = (enum synth_group)group;
			*ret_key = key;
			return true;
		}
	}
	return false;
}

static int bad(const struct reading *reading, const struct csv_row *row, const char *what)
{
	return hearth_fail(reading->status, HEARTH_INVALID_ARGUMENT, "BAD_PROPORTIONS", "line %zu: %s", row->line, what);
}

static int check_header(const struct reading *reading, const struct csv_row *row)
{
	static const char *const columns[] = { "name", "value", "source", "vintage" };
	for (size_t i = 0; i < 4; i++)
		if (row->count != 4 || strcmp(row->fields[i], columns[i]) != 0)
			return bad(reading, row, "the columns are name,value,source,vintage");
	return 0;
}

static int take_row(void *context, const struct csv_row *row)
{
	struct reading *reading = context;
	enum synth_group group;
	size_t key;
	if (reading->rows++ == 0)
		return check_header(reading, row);
	if (row->count != 4)
		return bad(reading, row, "four columns as in the header");
	if (!find_name(row->fields[0], &group, &key))
		return bad(reading, row, "there is no such name; the file that is built in has them all");
	if (reading->seen[group][key])
		return bad(reading, row, "this name stands there twice");
	const char *value = row->fields[1];
	bool whole = value[0] != '\0' && strlen(value) <= 7 && strspn(value, "0123456789") == strlen(value);
	uint32_t number = whole ? (uint32_t)strtoul(value, NULL, 10) : VALUE_MOST + 1;
	if (number > VALUE_MOST)
		return bad(reading, row, "the value is a whole number, 0 to 1000000");
	if (row->fields[2][0] == '\0')
		return bad(reading, row, "the source is missing; without one it is assumption");
	reading->seen[group][key] = true;
	reading->data->values[group][key] = number;
	reading->data->totals[group] += number;
	return 0;
}

int synth_data_read(struct synth_data *data, const void *text, size_t size, struct hearth_status *status)
{
	struct reading reading = { .data = data, .status = status };
	*data = (struct synth_data){ .totals = { 0 } };
	if (import_csv_parse(text, size, take_row, &reading, status) != 0)
		return -1;
	for (int group = 0; group < SYNTH_GROUPS; group++) {
		for (size_t key = 0; groups[group].keys[key] != NULL; key++)
			if (!reading.seen[group][key])
				return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_PROPORTIONS", "%s.%s is missing",
				                   groups[group].name, groups[group].keys[key]);
		bool may_be_none = group == SYNTH_UNACCOMPANIED || group == SYNTH_RETURN
			|| (group >= SYNTH_CAN_FOSTER && group <= SYNTH_SETTING);
		if (data->totals[group] == 0 && !may_be_none)
			return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_PROPORTIONS", "all of %s is 0", groups[group].name);
	}
	uint32_t order = synth_value(data, SYNTH_ADOPTION, "order_days"), placed = synth_value(data, SYNTH_ADOPTION, "placed_days");
	if (order < 200 || placed <= order || synth_value(data, SYNTH_ADOPTION, "adopted_days") <= placed)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_PROPORTIONS",
		                   "adoption: the order is after 200 days or more, then the placement, then the adoption");
	return 0;
}
