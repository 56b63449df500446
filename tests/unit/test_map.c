/* test_map.c: requests to parameters and rows to replies, without a server.
 */
#include "../support/check_main.h"

#include <string.h>

#include <hearth/arena.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/referrals/v1/events.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>
#include <hearth/status.h>
#include <hearth/v1/common.pb-c.h>

#include "../../services/runtime/map.h"
#include "../../services/runtime/map_field.h"

/* ---- binding ---- */

static struct hearth_statement asking(const char *const *names)
{
	struct hearth_statement statement = { .name = "some_file" };
	for (; names[statement.parameter_count]; statement.parameter_count++)
		statement.parameters[statement.parameter_count].name = names[statement.parameter_count];
	return statement;
}

/* The value of one parameter; "NULL" for SQL NULL, "(left)" when it was left as it was. */
static const char *bound(struct hearth_arena *arena, const ProtobufCMessage *request, const char *name)
{
	static const char left[] = "(left)";
	const char *const given[] = { "authority", "extra", NULL };
	const struct hearth_statement statement = asking((const char *const[]){ name, NULL });
	const char *values[1] = { left };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_binder *binder = hearth_binder_new(&statement, request->descriptor, given, &status);
	ck_assert_msg(binder != NULL, "%s", status.message);
	ck_assert_msg(hearth_binder_bind(binder, arena, request, values, &status) == 0, "%s", status.message);
	hearth_binder_free(&binder);
	return values[0] ? values[0] : "NULL";
}

static void does_not_bind(const ProtobufCMessageDescriptor *request, const char *name, Oid type, const char *because)
{
	struct hearth_statement statement = asking((const char *const[]){ name, NULL });
	struct hearth_status status = HEARTH_STATUS_INIT;
	statement.parameters[0].type = type;
	struct hearth_binder *binder = hearth_binder_new(&statement, request, NULL, &status);
	ck_assert_ptr_null(binder);
	ck_assert_msg(strstr(status.message, because) && strstr(status.message, name), "%s", status.message);
}

START_TEST(fields_bind_by_name_through_messages)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__V1__Money fee = HEARTH__V1__MONEY__INIT;
	Hearth__Placements__V1__Placement placement = HEARTH__PLACEMENTS__V1__PLACEMENT__INIT;
	fee.pence = INT64_MIN;
	placement.id = (char *)"abc";
	placement.weekly_fee = &fee;
	placement.left_care = 1;
	placement.state = HEARTH__PLACEMENTS__V1__PLACEMENT__STATE__BROKE_DOWN;
	ck_assert_str_eq(bound(arena, &placement.base, "id"), "abc");
	ck_assert_str_eq(bound(arena, &placement.base, "weekly_fee_pence"), "-9223372036854775808");
	ck_assert_str_eq(bound(arena, &placement.base, "left_care"), "true");
	ck_assert_str_eq(bound(arena, &placement.base, "state"), "BROKE_DOWN");
	ck_assert_ptr_nonnull(strstr(bound(arena, &placement.base, "weekly_fee"), "\"pence\""));
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(what_is_unknown_binds_null)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__Placements__V1__Placement placement = HEARTH__PLACEMENTS__V1__PLACEMENT__INIT;
	ck_assert_str_eq(bound(arena, &placement.base, "id"), "NULL");
	ck_assert_str_eq(bound(arena, &placement.base, "weekly_fee_pence"), "NULL");
	ck_assert_str_eq(bound(arena, &placement.base, "weekly_fee"), "NULL");
	ck_assert_str_eq(bound(arena, &placement.base, "state"), "NULL");
	ck_assert_str_eq(bound(arena, &placement.base, "left_care"), "false");
	ck_assert_str_eq(bound(arena, &placement.base, "fee_changes"), "[]");
	ck_assert_str_eq(bound(arena, &placement.base, "fee_changes_from_date"), "{}");
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(repeated_fields_bind_as_arrays_and_json)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__V1__Money fee = HEARTH__V1__MONEY__INIT;
	Hearth__Placements__V1__FeeChange changes[2] = { HEARTH__PLACEMENTS__V1__FEE_CHANGE__INIT,
		HEARTH__PLACEMENTS__V1__FEE_CHANGE__INIT };
	Hearth__Placements__V1__FeeChange *items[2] = { &changes[0], &changes[1] };
	Hearth__Placements__V1__Placement placement = HEARTH__PLACEMENTS__V1__PLACEMENT__INIT;
	Hearth__Placements__V1__UpdateChildRequest update = HEARTH__PLACEMENTS__V1__UPDATE_CHILD_REQUEST__INIT;
	char *mask[] = { (char *)"sex", (char *)"a \"b\" \\, {c}", (char *)"" };
	fee.pence = 70000;
	changes[0].from_date = (char *)"2024-02-29";
	changes[1].weekly_fee = &fee;
	placement.fee_changes = items;
	placement.n_fee_changes = 2;
	update.update_mask = mask;
	update.n_update_mask = 3;
	ck_assert_str_eq(bound(arena, &placement.base, "fee_changes_from_date"), "{\"2024-02-29\",NULL}");
	ck_assert_str_eq(bound(arena, &placement.base, "fee_changes_weekly_fee_pence"), "{NULL,\"70000\"}");
	const char *json = bound(arena, &placement.base, "fee_changes");
	ck_assert_ptr_nonnull(strstr(json, "\"from_date\":\"2024-02-29\""));
	ck_assert_int_eq(json[0], '[');
	ck_assert_str_eq(bound(arena, &update.base, "update_mask"), "{\"sex\",\"a \\\"b\\\" \\\\, {c}\",NULL}");
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(times_bind_as_text_and_the_runtimes_names_are_left)
{
	struct hearth_arena *arena = hearth_arena_new();
	Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	Hearth__Events__V1__Event event = HEARTH__EVENTS__V1__EVENT__INIT;
	time.seconds = 1648890000;
	time.nanos = 123000000;
	event.time = &time;
	event.authority = (char *)"999";
	ck_assert_msg(strncmp(bound(arena, &event.base, "time"), "2022-04-02T09:00:00.123", 23) == 0, "%s",
	              bound(arena, &event.base, "time"));
	ck_assert_str_eq(bound(arena, &event.base, "authority"), "(left)");
	ck_assert_str_eq(bound(arena, &event.base, "extra"), "(left)");
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(a_parameter_that_nobody_binds_is_refused)
{
	does_not_bind(&hearth__placements__v1__placement__descriptor, "colour", 0, "no field");
	does_not_bind(&hearth__placements__v1__placement__descriptor, "weekly_fee_pounds", 0, "no field");
	does_not_bind(NULL, "id", 0, "no field");
	does_not_bind(&hearth__placements__v1__placement__descriptor, "left_care", HEARTH_OID_INT8, "type 20");
	does_not_bind(&hearth__placements__v1__placement__descriptor, "weekly_fee_pence", HEARTH_OID_BOOL, "type 16");
	does_not_bind(&hearth__placements__v1__placement__descriptor, "fee_changes_from_date", HEARTH_OID_TEXT, "type 25");
}
END_TEST

/* ---- filling ---- */

struct cell { const char *name; Oid type; const char *value; };

/* One row of these cells, and the statement that it would be of. */
static PGresult *row_of(const struct cell *cells, struct hearth_statement *ret_statement)
{
	PGresAttDesc attributes[16] = { { 0 } };
	int count = 0;
	*ret_statement = (struct hearth_statement){ .name = "some_file" };
	for (; cells[count].name; count++) {
		attributes[count].name = (char *)cells[count].name;
		attributes[count].typid = cells[count].type;
		ret_statement->columns[count] = (struct hearth_column){ cells[count].name, cells[count].type };
	}
	ret_statement->column_count = (size_t)count;
	PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	ck_assert(PQsetResultAttrs(result, count, attributes));
	for (int i = 0; i < count; i++) {
		const char *value = cells[i].value;
		ck_assert(PQsetvalue(result, 0, i, (char *)value, value ? (int)strlen(value) : -1));
	}
	return result;
}

static int fill(struct hearth_arena *arena, const struct cell *cells, ProtobufCMessage *message,
                struct hearth_status *status)
{
	struct hearth_statement statement;
	PGresult *result = row_of(cells, &statement);
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	struct hearth_mapper *mapper = hearth_mapper_new(&statement, message->descriptor, status);
	ck_assert_msg(mapper != NULL, "%s", status->message);
	int failed = hearth_mapper_fill(mapper, arena, result, 0, message, status);
	hearth_mapper_free(&mapper);
	PQclear(result);
	return failed;
}

static void fills(struct hearth_arena *arena, const struct cell *cells, ProtobufCMessage *message)
{
	struct hearth_status status;
	ck_assert_msg(fill(arena, cells, message, &status) == 0, "%s", status.message);
}

static void does_not_fill(const struct cell *cells, ProtobufCMessage *message, const char *because)
{
	struct hearth_arena *arena = hearth_arena_new();
	struct hearth_status status;
	ck_assert_int_ne(fill(arena, cells, message, &status), 0);
	ck_assert_int_eq(status.code, HEARTH_INTERNAL);
	ck_assert_msg(strstr(status.message, because) != NULL, "%s", status.message);
	ck_assert_ptr_nonnull(strstr(status.message, cells[0].name));
	/* Never the value: it may be a child's. */
	if (cells[0].value && strlen(cells[0].value) > 3)
		ck_assert_ptr_null(strstr(status.message, cells[0].value));
	hearth_arena_free(&arena);
}

static void is_no_column(const char *name, Oid type, const char *because)
{
	const struct cell cells[] = { { name, type, NULL }, { 0 } };
	struct hearth_statement statement;
	struct hearth_status status = HEARTH_STATUS_INIT;
	PGresult *result = row_of(cells, &statement);
	ck_assert_ptr_null(hearth_mapper_new(&statement, &hearth__placements__v1__placement__descriptor, &status));
	ck_assert_msg(strstr(status.message, because) && strstr(status.message, name), "%s", status.message);
	PQclear(result);
}

START_TEST(columns_fill_fields_and_sub_messages)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__Placements__V1__Placement placement = HEARTH__PLACEMENTS__V1__PLACEMENT__INIT;
	const struct cell cells[] = { { "outcome", HEARTH_OID_TEXT, "OK" }, { "id", HEARTH_OID_UUID, "u" },
		{ "weekly_fee.pence", HEARTH_OID_INT8, "70000" }, { "state", HEARTH_OID_TEXT, "BROKE_DOWN" },
		{ "start_date", HEARTH_OID_DATE, "2022-04-02" }, { "left_care", HEARTH_OID_BOOL, "t" },
		{ "notice_days.value", HEARTH_OID_INT4, NULL }, { "end_code", HEARTH_OID_TEXT, NULL },
		{ "result_key", HEARTH_OID_TEXT, "u" }, { 0 } };
	fills(arena, cells, &placement.base);
	ck_assert_str_eq(placement.id, "u");
	ck_assert_ptr_nonnull(placement.weekly_fee);
	ck_assert_int_eq(placement.weekly_fee->pence, 70000);
	ck_assert_int_eq(placement.state, HEARTH__PLACEMENTS__V1__PLACEMENT__STATE__BROKE_DOWN);
	ck_assert_str_eq(placement.start_date, "2022-04-02");
	ck_assert_int_eq(placement.left_care, 1);
	ck_assert_ptr_null(placement.notice_days);
	ck_assert_str_eq(placement.end_code, "");
	ck_assert_uint_eq(protobuf_c_message_get_packed_size(&placement.base) > 0, 1);
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(an_unknown_number_never_reads_as_zero)
{
	Hearth__Placements__V1__Placement placement = HEARTH__PLACEMENTS__V1__PLACEMENT__INIT;
	Hearth__Placements__V1__Episode episode = HEARTH__PLACEMENTS__V1__EPISODE__INIT;
	Hearth__Referrals__V1__Needs needs = HEARTH__REFERRALS__V1__NEEDS__INIT;
	does_not_fill((const struct cell[]){ { "left_care", HEARTH_OID_BOOL, NULL }, { 0 } }, &placement.base, "NULL");
	does_not_fill((const struct cell[]){ { "return_year", HEARTH_OID_INT4, NULL }, { 0 } }, &episode.base, "NULL");
	does_not_fill((const struct cell[]){ { "home_grid.northing", HEARTH_OID_INT4, NULL },
	              { "home_grid.easting", HEARTH_OID_INT4, "400000" }, { 0 } }, &needs.base, "NULL");
}
END_TEST

START_TEST(values_out_of_range_are_refused_without_being_shown)
{
	Hearth__Placements__V1__Episode episode = HEARTH__PLACEMENTS__V1__EPISODE__INIT;
	Hearth__Placements__V1__Placement placement = HEARTH__PLACEMENTS__V1__PLACEMENT__INIT;
	does_not_fill((const struct cell[]){ { "return_year", HEARTH_OID_INT8, "2147483648" }, { 0 } }, &episode.base,
	              "cannot take");
	does_not_fill((const struct cell[]){ { "weekly_fee.pence", HEARTH_OID_INT8, "9223372036854775808" }, { 0 } },
	              &placement.base, "cannot take");
	does_not_fill((const struct cell[]){ { "state", HEARTH_OID_TEXT, "ELSEWHERE" }, { 0 } }, &placement.base,
	              "cannot take");
	does_not_fill((const struct cell[]){ { "weekly_fee.pence", HEARTH_OID_INT8, "12a4" }, { 0 } }, &placement.base,
	              "cannot take");
}
END_TEST

START_TEST(a_real_number_is_finite)
{
	Hearth__V1__Distance distance = HEARTH__V1__DISTANCE__INIT;
	does_not_fill((const struct cell[]){ { "miles", HEARTH_OID_FLOAT8, "NaN" }, { 0 } }, &distance.base, "cannot take");
	does_not_fill((const struct cell[]){ { "miles", HEARTH_OID_FLOAT8, "Infinity" }, { 0 } }, &distance.base, "cannot take");
	does_not_fill((const struct cell[]){ { "miles", HEARTH_OID_NUMERIC, "1e999" }, { 0 } }, &distance.base, "cannot take");
}
END_TEST

START_TEST(the_ends_of_the_ranges_fit)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__Placements__V1__Placement placement = HEARTH__PLACEMENTS__V1__PLACEMENT__INIT;
	fills(arena, (const struct cell[]){ { "weekly_fee.pence", HEARTH_OID_INT8, "-9223372036854775808" },
	      { "notice_days.value", HEARTH_OID_INT8, "9223372036854775807" }, { 0 } }, &placement.base);
	ck_assert_int_eq(placement.weekly_fee->pence, INT64_MIN);
	ck_assert_int_eq(placement.notice_days->value, INT64_MAX);
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(times_fill_timestamps)
{
	static const struct { const char *text; int64_t seconds; int32_t nanos; } times[] = {
		{ "2022-04-02 09:00:00+00", 1648890000, 0 }, { "2022-04-02 09:00:00.123+00", 1648890000, 123000000 },
		{ "1969-12-31 23:59:59.5+00", -1, 500000000 }, { "2024-02-29 00:00:00.000001+00", 1709164800, 1000 } };
	for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
		struct hearth_arena *arena = hearth_arena_new();
		Hearth__Events__V1__Event event = HEARTH__EVENTS__V1__EVENT__INIT;
		fills(arena, (const struct cell[]){ { "time", HEARTH_OID_TIMESTAMPTZ, times[i].text }, { 0 } }, &event.base);
		ck_assert_int_eq(event.time->seconds, times[i].seconds);
		ck_assert_int_eq(event.time->nanos, times[i].nanos);
		hearth_arena_free(&arena);
	}
	Hearth__Events__V1__Event event = HEARTH__EVENTS__V1__EVENT__INIT;
	does_not_fill((const struct cell[]){ { "time", HEARTH_OID_TIMESTAMPTZ, "infinity" }, { 0 } }, &event.base,
	              "cannot take");
	does_not_fill((const struct cell[]){ { "time", HEARTH_OID_TIMESTAMPTZ, "2022-04-02 09:00:00+01" }, { 0 } },
	              &event.base, "cannot take");
}
END_TEST

START_TEST(arrays_and_json_fill_repeated_fields)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__Placements__V1__Placement placement = HEARTH__PLACEMENTS__V1__PLACEMENT__INIT;
	Hearth__Referrals__V1__Needs needs = HEARTH__REFERRALS__V1__NEEDS__INIT;
	fills(arena, (const struct cell[]){ { "home_kinds", HEARTH_OID_TEXTS, "{FOSTERING,\"a \\\"b\\\" , {c}\",NULL,\"\"}" },
	      { "home_grid", HEARTH_OID_JSONB, "{\"easting\": 4, \"northing\": 5}" }, { 0 } }, &needs.base);
	ck_assert_uint_eq(needs.n_home_kinds, 4);
	ck_assert_str_eq(needs.home_kinds[0], "FOSTERING");
	ck_assert_str_eq(needs.home_kinds[1], "a \"b\" , {c}");
	ck_assert_str_eq(needs.home_kinds[2], "");
	ck_assert_str_eq(needs.home_kinds[3], "");
	ck_assert_int_eq(needs.home_grid->northing, 5);
	fills(arena, (const struct cell[]){ { "fee_changes", HEARTH_OID_JSONB,
	      "[{\"fromDate\": \"2024-01-01\", \"weekly_fee\": {\"pence\": \"7\"}}, {}]" }, { 0 } }, &placement.base);
	ck_assert_uint_eq(placement.n_fee_changes, 2);
	ck_assert_int_eq(placement.fee_changes[0]->weekly_fee->pence, 7);
	ck_assert_ptr_null(placement.fee_changes[1]->weekly_fee);
	fills(arena, (const struct cell[]){ { "home_kinds", HEARTH_OID_TEXTS, "{}" }, { 0 } }, &needs.base);
	ck_assert_uint_eq(needs.n_home_kinds, 0);
	hearth_arena_free(&arena);
	does_not_fill((const struct cell[]){ { "fee_changes", HEARTH_OID_JSONB, "{\"a\": 1}" }, { 0 } }, &placement.base,
	              "cannot take");
	does_not_fill((const struct cell[]){ { "home_kinds", HEARTH_OID_TEXTS, "{{a,b},{c,d}}" }, { 0 } }, &needs.base,
	              "cannot take");
}
END_TEST

START_TEST(columns_of_fields_are_stronger_than_the_whole_they_belong_to)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__Referrals__V1__Referral referral = HEARTH__REFERRALS__V1__REFERRAL__INIT;
	Hearth__Referrals__V1__Referral bare = HEARTH__REFERRALS__V1__REFERRAL__INIT;
	Hearth__Referrals__V1__Referral none = HEARTH__REFERRALS__V1__REFERRAL__INIT;
	const char *more = "{\"sex\": \"M\", \"legalStatus\": \"C2\", \"age\": {\"value\": \"3\"}, \"siblings\": {}}";
	/* In this order, and in the other: which stands first does not matter. */
	fills(arena, (const struct cell[]){ { "needs.sex", HEARTH_OID_TEXT, "F" }, { "needs", HEARTH_OID_JSONB, more },
	      { "needs.age.value", HEARTH_OID_INT8, "9" }, { "needs.most_miles.miles", HEARTH_OID_FLOAT8, NULL }, { 0 } },
	      &referral.base);
	ck_assert_str_eq(referral.needs->sex, "F");
	ck_assert_int_eq(referral.needs->age->value, 9);
	ck_assert_str_eq(referral.needs->legal_status, "C2");
	ck_assert_ptr_nonnull(referral.needs->siblings);
	ck_assert_ptr_null(referral.needs->most_miles);
	/* The whole alone; its fields' columns are unknown. */
	fills(arena, (const struct cell[]){ { "needs", HEARTH_OID_JSONB, more }, { "needs.sex", HEARTH_OID_TEXT, NULL }, { 0 } },
	      &bare.base);
	ck_assert_str_eq(bare.needs->sex, "M");
	fills(arena, (const struct cell[]){ { "needs", HEARTH_OID_JSONB, NULL }, { "needs.sex", HEARTH_OID_TEXT, NULL }, { 0 } },
	      &none.base);
	ck_assert_ptr_null(none.needs);
	fills(arena, (const struct cell[]){ { "needs", HEARTH_OID_JSONB, NULL }, { "needs.sex", HEARTH_OID_TEXT, "F" }, { 0 } },
	      &none.base);
	ck_assert_str_eq(none.needs->sex, "F");
	hearth_arena_free(&arena);
	does_not_fill((const struct cell[]){ { "needs", HEARTH_OID_JSONB, "{\"colour\": 1}" },
	              { "needs.sex", HEARTH_OID_TEXT, "F" }, { 0 } }, &referral.base, "cannot take");
}
END_TEST

START_TEST(a_column_that_is_no_field_is_refused_at_start)
{
	is_no_column("colour", HEARTH_OID_TEXT, "no field");
	is_no_column("weekly_fee.pounds", HEARTH_OID_INT8, "no field");
	is_no_column("id.more", HEARTH_OID_TEXT, "no message");
	is_no_column("fee_changes.from_date", HEARTH_OID_TEXT, "no message");
	is_no_column("left_care", HEARTH_OID_TEXT, "type 25");
	is_no_column("weekly_fee.pence", HEARTH_OID_NUMERIC, "type 1700");
	is_no_column("state", HEARTH_OID_INT4, "type 23");
}
END_TEST

int main(void)
{
	return CHECK_MAIN("map", fields_bind_by_name_through_messages, what_is_unknown_binds_null,
	                  repeated_fields_bind_as_arrays_and_json, times_bind_as_text_and_the_runtimes_names_are_left,
	                  a_parameter_that_nobody_binds_is_refused, columns_fill_fields_and_sub_messages,
	                  an_unknown_number_never_reads_as_zero, values_out_of_range_are_refused_without_being_shown,
	                  a_real_number_is_finite,
	                  the_ends_of_the_ranges_fit, times_fill_timestamps, arrays_and_json_fill_repeated_fields,
	                  columns_of_fields_are_stronger_than_the_whole_they_belong_to,
	                  a_column_that_is_no_field_is_refused_at_start);
}
