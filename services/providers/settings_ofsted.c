/* settings_ofsted.c: the plan of ImportOfsted: what each row of a published list means, and what of it is not understood.
 * The statement is given the rows that are understood as arrays, and the report on all of them as JSON, which it completes
 * with what came of each. */
#include "ofsted.h"
#include "providers.h"

#include <stdio.h>
#include <string.h>

#include <hearth/json.h>
#include <hearth/providers/v1/settings.pb-c.h>

#define MOST_ROWS 200
#define MOST_TEXT 200
#define MOST_PLACES 500
#define MOST_ISSUES 16

typedef Hearth__Providers__V1__OfstedRow ofsted_row;

enum { LINE, URN, KIND, CODE, SECTOR, STATUS, REGISTERED, CLOSED, PLACES, OWNER, AREA, INSPECTED, TYPE, OUTCOME, COLUMNS };
static const char *const names[COLUMNS] = { "item_line", "item_urn", "item_kind", "item_code", "item_sector", "item_status",
	"item_registered", "item_closed", "item_places", "item_owner", "item_area", "item_inspected", "item_type",
	"item_outcome" };

struct import {
	struct hearth_arena *arena;
	const char *vintage;
	size_t count;                    /* of rows that are understood */
	const char *values[COLUMNS][MOST_ROWS];
};

/* ---- the report ---- */

struct reading {
	struct import *import;
	const ofsted_row *row;
	Hearth__Providers__V1__OfstedOutcome *report;
	bool bad;
};

static void note(struct reading *reading, const char *column, const char *value, const char *text)
{
	struct hearth_arena *arena = reading->import->arena;
	Hearth__Providers__V1__OfstedOutcome *report = reading->report;
	if (report->n_issues == MOST_ISSUES)
		return;
	Hearth__Providers__V1__OfstedIssue *issue = hearth_arena_alloc(arena, sizeof *issue);
	hearth__providers__v1__ofsted_issue__init(issue);
	issue->column = hearth_arena_strdup(arena, column);
	issue->value = hearth_arena_strdup(arena, value);
	issue->text = hearth_arena_strdup(arena, text);
	report->issues[report->n_issues++] = issue;
}

/* Nothing of the row is written. */
static void reject(struct reading *reading, const char *column, const char *value, const char *right)
{
	note(reading, column, value, right);
	reading->bad = true;
}

/* ---- what a cell means ---- */

/* A day up to the list's; NULL: none, or not understood. */
static const char *day_of(struct reading *reading, const char *column, const char *value)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (!*value)
		return NULL;
	if (hearth_check_date(value, column, &status) < 0) {
		reject(reading, column, value, "a day as YYYY-MM-DD");
		return NULL;
	}
	return value;
}

static const char *places_of(struct reading *reading)
{
	const Hearth__V1__Count *places = reading->row->places;
	if (!places)
		return NULL;
	if (places->value > MOST_PLACES) {
		char text[24];
		snprintf(text, sizeof text, "%lld", (long long)places->value);
		reject(reading, "places", text, "0 to 500");
		return NULL;
	}
	return hearth_arena_printf(reading->import->arena, "%lld", (long long)places->value);
}

static const char *area_of(struct reading *reading)
{
	const char *area = reading->row->local_authority;
	if (strlen(area) == 3 && strspn(area, "0123456789") == 3)
		return area;
	if (*area)
		note(reading, "local_authority", area, "no council of this name is known: the area is left as it is");
	return NULL;
}

/* What registration the row tells of: a status that is known, from when, until when. */
static void take_registration(struct reading *reading, const char *cells[COLUMNS])
{
	const ofsted_row *row = reading->row;
	cells[REGISTERED] = day_of(reading, "registration_date", row->registration_date);
	cells[CLOSED] = day_of(reading, "date_closed", row->date_closed);
	cells[PLACES] = places_of(reading);
	if (cells[REGISTERED] && cells[CLOSED] && strcmp(cells[CLOSED], cells[REGISTERED]) <= 0)
		reject(reading, "date_closed", row->date_closed, "a day after registration_date");
	if (*row->registration_status) {
		cells[STATUS] = ofsted_status(row->registration_status);
		if (!cells[STATUS])
			reject(reading, "registration_status", row->registration_status, "Active, Suspended, Proposed, Closed, ...");
	} else if (cells[CLOSED]) {
		cells[STATUS] = "NOT_REGISTERED";
	} else {
		note(reading, "registration_status", "", "not said: the registration is left as it is");
	}
}

static void take_inspection(struct reading *reading, const char *cells[COLUMNS])
{
	const ofsted_row *row = reading->row;
	cells[INSPECTED] = day_of(reading, "inspection_date", row->inspection_date);
	if (cells[INSPECTED] && strcmp(cells[INSPECTED], reading->import->vintage) > 0)
		reject(reading, "inspection_date", row->inspection_date, "a day up to that of the list");
	cells[TYPE] = ofsted_inspection_type(row->event_type);
	cells[OUTCOME] = ofsted_outcome(row->overall_outcome, cells[KIND]);
	if (!cells[OUTCOME])
		reject(reading, "overall_outcome", row->overall_outcome, "an outcome of the scale of this provision type");
	else if (!*cells[OUTCOME])
		cells[OUTCOME] = NULL;
	if (cells[OUTCOME] && !cells[INSPECTED]) {
		note(reading, "inspection_date", "", "not said: the outcome is not used");
		cells[OUTCOME] = NULL;
	}
}

static void take_owner(struct reading *reading, const char *cells[COLUMNS])
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct ofsted_sector sector = { NULL, NULL };
	const ofsted_row *row = reading->row;
	if (*row->sector && !ofsted_sector(row->sector, &sector))
		note(reading, "sector", row->sector, "not understood: Private, Voluntary, Local authority, ...; left as it is");
	cells[SECTOR] = sector.sector;
	cells[CODE] = sector.code;
	cells[OWNER] = *row->organisation ? row->organisation : NULL;
	if (hearth_check_text(row->organisation, 0, MOST_TEXT, "organisation", &status) < 0)
		reject(reading, "organisation", "", "at most 200 characters");
}

static void read_row(struct reading *reading)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct import *import = reading->import;
	const ofsted_row *row = reading->row;
	const char *cells[COLUMNS] = { NULL };
	struct ofsted_provision provision = ofsted_provision(row->provision_type);
	if (provision.what == OFSTED_ELSE) {
		reading->report->outcome = hearth_arena_strdup(import->arena, "NOT_KEPT");
		return;
	}
	if (!*row->urn || providers_check_urn(row->urn, "", &status) < 0)
		reject(reading, "urn", row->urn, "SC and six digits, or seven digits");
	if (provision.what == OFSTED_UNKNOWN)
		reject(reading, "provision_type", row->provision_type,
		       "Children's home, Supported accommodation, Independent fostering agency, ...");
	cells[LINE] = hearth_arena_printf(import->arena, "%d", row->line);
	cells[URN] = row->urn;
	cells[KIND] = provision.kind;
	take_owner(reading, cells);
	cells[AREA] = area_of(reading);
	take_registration(reading, cells);
	take_inspection(reading, cells);
	if (reading->bad) {
		reading->report->outcome = hearth_arena_strdup(import->arena, "NOT_UNDERSTOOD");
		return;
	}
	for (size_t column = 0; column < COLUMNS; column++)
		import->values[column][import->count] = cells[column];
	import->count++;
}

/* ---- the request ---- */

static int check_rows(const Hearth__Providers__V1__ImportOfstedRequest *request, struct hearth_status *status)
{
	char field[64];
	if (hearth_check_range((int64_t)request->n_rows, 1, MOST_ROWS, "rows", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_rows; i++) {
		snprintf(field, sizeof field, "rows[%zu].line", i);
		if (hearth_check_range(request->rows[i]->line, 0, 100000000, field, status) < 0)
			return -1;
		snprintf(field, sizeof field, "rows[%zu].places.value", i);
		if (hearth_check_count(request->rows[i]->places, 99999, field, status) < 0)
			return -1;
		for (size_t k = 0; k < i; k++)
			if (*request->rows[i]->urn && strcmp(request->rows[i]->urn, request->rows[k]->urn) == 0) {
				snprintf(field, sizeof field, "rows[%zu].urn", i);
				return hearth_fail_field(status, field, "%s stands in rows[%zu] already", field, k);
			}
	}
	return 0;
}

int providers_import_ofsted(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ImportOfstedRequest *request = hearth_call_request(call);
	struct hearth_arena *arena = hearth_call_arena(call);
	if (hearth_check_date(request->vintage, "vintage", status) < 0 || check_rows(request, status) < 0)
		return -1;
	if (strcmp(request->vintage, hearth_call_today(call)) > 0)
		return hearth_fail_field(status, "vintage", "vintage %s is after today (%s)", request->vintage,
		                         hearth_call_today(call));
	struct import *import = hearth_arena_alloc(arena, sizeof *import);
	*import = (struct import){ .arena = arena, .vintage = request->vintage };
	Hearth__Providers__V1__ImportOfstedResponse response;
	hearth__providers__v1__import_ofsted_response__init(&response);
	response.rows = hearth_arena_alloc(arena, request->n_rows * sizeof response.rows[0]);
	for (; response.n_rows < request->n_rows; response.n_rows++) {
		Hearth__Providers__V1__OfstedOutcome *report = hearth_arena_alloc(arena, sizeof *report);
		hearth__providers__v1__ofsted_outcome__init(report);
		report->line = request->rows[response.n_rows]->line;
		report->urn = request->rows[response.n_rows]->urn;
		report->issues = hearth_arena_alloc(arena, MOST_ISSUES * sizeof report->issues[0]);
		read_row(&(struct reading){ import, request->rows[response.n_rows], report, false });
		response.rows[response.n_rows] = report;
	}
	for (size_t column = 0; column < COLUMNS; column++)
		hearth_bind_texts(call, names[column], import->count, import->values[column]);
	hearth_bind_text(call, "reports", hearth_json_print(arena, &response.base, HEARTH_JSON_PROTO_NAMES));
	return 0;
}
