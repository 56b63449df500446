/* test_wire_check.c: no NUL hides in a text, and nothing but a truth value is one. */
#include <stdlib.h>
#include <string.h>

#include <hearth/events/v1/events.pb-c.h>
#include <hearth/placements/v1/events.pb-c.h>
#include <hearth/status.h>

#include "../../services/runtime/wire_check.h"
#include "../support/check_main.h"

#define RECORDED &hearth__placements__v1__child_recorded__descriptor

static struct hearth_status status;

static int check(const void *bytes, size_t size)
{
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	return hearth_wire_check(RECORDED, bytes, size, &status);
}

START_TEST(an_empty_payload_is_fine)
{
	ck_assert_int_eq(hearth_wire_check(RECORDED, NULL, 0, &status), 0);
}
END_TEST

START_TEST(a_text_with_a_nul_names_its_field)
{
	ck_assert_int_eq(check("\x0a\x03" "a\0b", 5), -1);
	ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
	ck_assert_str_eq(status.field, "child_id");
}
END_TEST

START_TEST(a_nul_deep_inside_is_found)
{
	ck_assert_int_eq(check("\x0a\x01" "c" "\x1a\x04\x0a\x02" "2\0", 9), -1);
	ck_assert_str_eq(status.field, "date_of_birth.value");
}
END_TEST

START_TEST(a_nul_in_a_list_is_named_with_its_place_in_it)
{
	/* care_periods: two that are clean, one field that is not of the list, then "1\0" as the third's end */
	static const char bytes[] = "\x2a\x03\x0a\x01" "1" "\x2a\x00" "\x12\x01" "M" "\x2a\x04\x12\x02" "1\0";
	ck_assert_int_eq(hearth_wire_check(&hearth__placements__v1__child_history_recorded__descriptor, bytes, sizeof bytes - 1,
	                                   &status), -1);
	ck_assert_str_eq(status.field, "care_periods[2].end");
}
END_TEST

START_TEST(zeros_that_are_no_text_are_fine)
{
	ck_assert_int_eq(check("\x20\x00\x0a\x01" "c", 5), 0);
	static const uint8_t data[] = { 0x62, 0x02, 0x00, 0x00 };      /* Event.data */
	ck_assert_int_eq(hearth_wire_check(&hearth__events__v1__event__descriptor, data, sizeof data, &status), 0);
}
END_TEST

START_TEST(unknown_and_malformed_fields_are_left_to_the_unpacker)
{
	ck_assert_int_eq(check("\xfa\x01\x02\x00\x00", 5), 0);
	ck_assert_int_eq(check("\x0a\xff\xff\xff\xff\x0f\x00", 7), 0);
	ck_assert_int_eq(check("\x0b\x00\x0c", 3), 0);
}
END_TEST

START_TEST(random_bytes_do_no_harm)
{
	uint8_t bytes[64];
	srand(7);
	for (int i = 0; i < 100000; i++) {
		size_t size = (size_t)rand() % sizeof bytes;
		for (size_t k = 0; k < size; k++)
			bytes[k] = (uint8_t)(rand() % 4 ? rand() : 0);
		check(bytes, size);
	}
}
END_TEST

/* protobuf-c would take each as true. */
START_TEST(a_truth_value_in_another_types_encoding_is_named)
{
	static const struct { const char *bytes; size_t size; } wrong[] = {
		{ "\x22\x01\x01", 3 }, { "\x21" "12345678", 9 }, { "\x25" "1234", 5 }, { "\x22\x01" "0", 3 } };
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		status = (struct hearth_status)HEARTH_STATUS_INIT;
		ck_assert_int_eq(hearth_wire_walk(RECORDED, wrong[i].bytes, wrong[i].size, &status), -1);
		ck_assert_int_eq(status.code, HEARTH_INVALID_ARGUMENT);
		ck_assert_str_eq(status.field, "unaccompanied");
	}
	ck_assert_int_eq(hearth_wire_walk(RECORDED, "\x20\x01\x0a\x01" "c", 5, &status), 0);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("wire_check", an_empty_payload_is_fine, a_text_with_a_nul_names_its_field,
	                  a_nul_deep_inside_is_found, a_nul_in_a_list_is_named_with_its_place_in_it,
	                  a_truth_value_in_another_types_encoding_is_named,
	                  zeros_that_are_no_text_are_fine, unknown_and_malformed_fields_are_left_to_the_unpacker,
	                  random_bytes_do_no_harm);
}
