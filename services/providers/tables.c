/* tables.c: plans of the calls about published tables: councils, which areas touch, where postcodes lie.
 *
 * What a published file means is the importer's to find out; what comes here is codes. A full postcode stands in a request
 * alone: no answer, error or event holds it. */
#include "providers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/text.h>

#define MOST_COUNCILS 1000
#define MOST_KEYS 20
#define MOST_PAIRS 1000
#define MOST_POSTCODES 1000
#define DIGITS "0123456789"

/* A year, a month or a day: texts that sort as times do. */
static int check_vintage(const char *value, struct hearth_status *status)
{
	char day[11] = "YYYY-01-01";
	size_t size = strlen(value);
	int32_t days;
	if (size == 4 || size == 7 || size == 10) {
		memcpy(day, value, size);
		if (hearth_date_parse(day, &days) == 0)
			return 0;
	}
	return hearth_fail_field(status, "vintage", "vintage is %s; YYYY, YYYY-MM or YYYY-MM-DD is wanted",
	                         size > 0 ? "no year, month or day" : "empty");
}

static bool is_code(const char *value)
{
	return strlen(value) == 3 && strspn(value, DIGITS) == 3;
}

static bool is_ons_code(const char *value)
{
	return strlen(value) == 9 && value[0] >= 'A' && value[0] <= 'Z' && strspn(value + 1, DIGITS) == 8;
}

static int check_code(const char *value, const char *list, size_t index, const char *name, struct hearth_status *status)
{
	char field[64];
	snprintf(field, sizeof field, "%s[%zu].%s", list, index, name);
	return is_code(value) ? 0
		: hearth_fail_field(status, field, "%s is no DfE code of a council: three digits", field);
}

/* ---- councils ---- */

static int check_council(const Hearth__Providers__V1__CouncilRow *row, size_t index, struct hearth_status *status)
{
	char field[64];
	if (check_code(row->code, "rows", index, "code", status) < 0)
		return -1;
	snprintf(field, sizeof field, "rows[%zu].name", index);
	if (hearth_check_text(row->name, 1, 200, field, status) < 0)
		return -1;
	snprintf(field, sizeof field, "rows[%zu].keys", index);
	if (hearth_check_range((int64_t)row->n_keys, 0, MOST_KEYS, field, status) < 0)
		return -1;
	for (size_t i = 0; i < row->n_keys; i++)
		if (hearth_check_text(row->keys[i], 1, 200, field, status) < 0)
			return -1;
	return 0;
}

int providers_import_councils(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ImportCouncilsRequest *request = hearth_call_request(call);
	bool there[1000] = { false };
	if (check_vintage(request->vintage, status) < 0 ||
	    hearth_check_range((int64_t)request->n_rows, 1, MOST_COUNCILS, "rows", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_rows; i++) {
		const char *code = request->rows[i]->code;
		if (check_council(request->rows[i], i, status) < 0)
			return -1;
		int number = (code[0] - '0') * 100 + (code[1] - '0') * 10 + code[2] - '0';
		if (there[number])
			return hearth_fail_field(status, "rows", "rows[%zu].code: council %s stands there already", i, code);
		there[number] = true;
	}
	return 0;
}

/* ---- areas that touch ---- */

int providers_import_adjoining(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ImportAdjoiningRequest *request = hearth_call_request(call);
	if (check_vintage(request->vintage, status) < 0 ||
	    hearth_check_range((int64_t)request->n_pairs, 1, MOST_PAIRS, "pairs", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_pairs; i++) {
		const Hearth__Providers__V1__AdjoiningPair *pair = request->pairs[i];
		char field[64];
		if (check_code(pair->authority, "pairs", i, "authority", status) < 0 ||
		    check_code(pair->adjoining, "pairs", i, "adjoining", status) < 0)
			return -1;
		snprintf(field, sizeof field, "pairs[%zu].adjoining", i);
		if (strcmp(pair->authority, pair->adjoining) == 0)
			return hearth_fail_field(status, field, "%s is the council itself; another one is wanted", field);
	}
	return 0;
}

int providers_list_adjoining(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListAdjoiningRequest *request = hearth_call_request(call);
	/* :authority is the actor's. */
	hearth_bind_text(call, "authority_wanted", *request->authority ? request->authority : NULL);
	if (!*request->authority || is_code(request->authority))
		return 0;
	return hearth_fail_field(status, "authority", "authority is no DfE code of a council: three digits, or nothing for all");
}

/* ---- postcodes ---- */

static bool is_month(const char *value)
{
	char day[11] = "YYYY-MM-01";
	int32_t days;
	if (strlen(value) != 7)
		return false;
	memcpy(day, value, 7);
	return hearth_date_parse(day, &days) == 0;
}

/* Never says the postcode. */
static int check_postcode_row(const Hearth__Providers__V1__PostcodeRow *row, size_t index, char ret_postcode[9],
                              struct hearth_status *status)
{
	char field[64];
	snprintf(field, sizeof field, "rows[%zu].postcode", index);
	if (hearth_postcode_normalise(row->postcode, ret_postcode) != 0)
		return hearth_fail_field(status, field, "%s is no full postcode", field);
	snprintf(field, sizeof field, "rows[%zu].grid", index);
	if (hearth_check_grid(row->grid, field, status) < 0)
		return -1;
	snprintf(field, sizeof field, "rows[%zu].council", index);
	if (*row->council && !is_code(row->council) && !is_ons_code(row->council))
		return hearth_fail_field(status, field, "%s is no code of a council: three digits, or a letter and eight digits", field);
	snprintf(field, sizeof field, "rows[%zu].terminated", index);
	if (*row->terminated && !is_month(row->terminated))
		return hearth_fail_field(status, field, "%s is no month: YYYY-MM, or nothing for one in use", field);
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Whether a postcode stands there twice; the rows are given in any order. */
static bool stands_twice(struct hearth_call *call, const char *const *postcodes, size_t count)
{
	const char **sorted = hearth_arena_alloc(hearth_call_arena(call), count * sizeof *sorted);
	memcpy(sorted, postcodes, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, by_text);
	for (size_t i = 1; i < count; i++)
		if (strcmp(sorted[i - 1], sorted[i]) == 0)
			return true;
	return false;
}

int providers_import_postcodes(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ImportPostcodesRequest *request = hearth_call_request(call);
	if (check_vintage(request->vintage, status) < 0 ||
	    hearth_check_range((int64_t)request->n_rows, 1, MOST_POSTCODES, "rows", status) < 0)
		return -1;
	char (*texts)[9] = hearth_arena_alloc(hearth_call_arena(call), request->n_rows * sizeof *texts);
	const char **postcodes = hearth_arena_alloc(hearth_call_arena(call), request->n_rows * sizeof *postcodes);
	for (size_t i = 0; i < request->n_rows; i++) {
		if (check_postcode_row(request->rows[i], i, texts[i], status) < 0)
			return -1;
		postcodes[i] = texts[i];
	}
	if (stands_twice(call, postcodes, request->n_rows))
		return hearth_fail_field(status, "rows", "rows hold a postcode twice; each is wanted once");
	hearth_bind_texts(call, "postcodes", request->n_rows, postcodes);
	return 0;
}

int providers_lookup_postcode(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__LookupPostcodeRequest *request = hearth_call_request(call);
	char postcode[9];
	if (hearth_postcode_normalise(request->postcode, postcode) != 0)
		return hearth_fail_field(status, "postcode", "postcode is no full postcode, such as one of ZZ1 with its inward part");
	hearth_bind_text(call, "postcode", postcode);
	return 0;
}

int providers_found_postcode(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	Hearth__Providers__V1__LookupPostcodeResponse *reply = hearth_call_reply(call);
	if (hearth_rows_count(rows) == 0)
		return hearth_fail(status, HEARTH_NOT_FOUND, "POSTCODE_UNKNOWN",
		                   "the postcode is in no table that was imported (hearth import postcodes)");
	Hearth__Providers__V1__PostcodePlace *place = hearth_arena_alloc(hearth_call_arena(call), sizeof *place);
	hearth__providers__v1__postcode_place__init(place);
	reply->place = place;
	return hearth_rows_fill(call, rows, 0, &place->base, status);
}
