/* test_text.c: identifiers, UTF-8, hashes, postcodes (made-up ones of areas that do not exist). */
#include <hearth/text.h>

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/check_main.h"

START_TEST(identifiers_are_version_7_distinct_and_ordered_in_time)
{
	struct hearth_uuid last = { { 0 } }, uuid;
	ck_assert(hearth_uuid_is_nil(&last));
	for (int i = 0; i < 10000; i++) {
		hearth_uuid_new(&uuid);
		ck_assert_uint_eq(uuid.bytes[6] >> 4, 7);
		ck_assert_uint_eq(uuid.bytes[8] >> 6, 2);
		ck_assert(memcmp(uuid.bytes, last.bytes, 8) >= 0);
		ck_assert(memcmp(uuid.bytes + 8, last.bytes + 8, 8) != 0);
		last = uuid;
	}
}
END_TEST

START_TEST(identifiers_differ_after_a_fork)
{
	struct hearth_uuid mine, theirs;
	int ends[2];
	hearth_uuid_new(&mine);
	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();
	if (child == 0) {
		hearth_uuid_new(&theirs);
		_exit(write(ends[1], &theirs, sizeof(theirs)) == (ssize_t)sizeof(theirs) ? 0 : 1);
	}
	hearth_uuid_new(&mine);
	ck_assert_int_eq(read(ends[0], &theirs, sizeof(theirs)), sizeof(theirs));
	waitpid(child, NULL, 0);
	ck_assert(memcmp(mine.bytes + 8, theirs.bytes + 8, 8) != 0);
}
END_TEST

START_TEST(identifiers_survive_both_ways)
{
	struct hearth_uuid uuid, back;
	char text[HEARTH_UUID_SIZE];
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, text);
	ck_assert_uint_eq(strlen(text), 36);
	ck_assert_int_eq(hearth_uuid_parse(text, &back), 0);
	ck_assert_mem_eq(&uuid, &back, sizeof(uuid));
	ck_assert_int_eq(hearth_uuid_parse("0190ABCD-ef01-7234-8567-89abcdefABCD", &back), 0);
	hearth_uuid_format(&back, text);
	ck_assert_str_eq(text, "0190abcd-ef01-7234-8567-89abcdefabcd");
}
END_TEST

START_TEST(malformed_identifiers_are_refused)
{
	static const char *const bad[] = {
		"", "0", "0190abcd-ef01-7234-8567-89abcdefabc", "0190abcd-ef01-7234-8567-89abcdefabcde",
		"0190abcdef0172348567-89abcdefabcd", "0190abcd-ef01-7234-8567-89abcdefabcg", "{0190abcd-ef01-7234-8567-89abcdefabcd}",
		"0190abcd_ef01-7234-8567-89abcdefabcd", " 190abcd-ef01-7234-8567-89abcdefabcd", "0190abcd-"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct hearth_uuid uuid = { { 1 } };
		ck_assert_msg(hearth_uuid_parse(bad[i], &uuid) == -1, "\"%s\" was read", bad[i]);
		ck_assert_uint_eq(uuid.bytes[0], 1);
	}
}
END_TEST

START_TEST(good_utf8_is_valid_at_every_place)
{
	static const char *const good[] = {
		"", "a", "plain ASCII of more than eight bytes", "caf\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8f\xa0", "\xed\x9f\xbf",
		"\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xc2\x80", "\xe0\xa0\x80", "\xf0\x90\x80\x80"
	};
	char text[64];
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		for (size_t before = 0; before < 17; before++) {
			memset(text, 'x', sizeof(text));
			memcpy(text + before, good[i], strlen(good[i]));
			ck_assert_msg(hearth_utf8_valid(text, before + strlen(good[i]) + 9), "text %zu at %zu", i, before);
		}
}
END_TEST

START_TEST(bad_utf8_and_nul_are_found_at_every_place)
{
	static const struct { const char *bytes; size_t size; } bad[] = {
		{ "\0", 1 }, { "\x80", 1 }, { "\xbf", 1 }, { "\xc0\x80", 2 }, { "\xc1\xbf", 2 }, { "\xe0\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 3 }, { "\xed\xbf\xbf", 3 }, { "\xf0\x8f\xbf\xbf", 4 }, { "\xf4\x90\x80\x80", 4 },
		{ "\xf5\x80\x80\x80", 4 }, { "\xff", 1 }, { "\xfe", 1 }, { "\xc3x", 2 }, { "\xe2\x82x", 3 }, { "\xf0\x9f\x8fx", 4 }
	};
	char text[64];
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (size_t before = 0; before < 17; before++) {
			memset(text, 'x', sizeof(text));
			memcpy(text + before, bad[i].bytes, bad[i].size);
			ck_assert_msg(!hearth_utf8_valid(text, before + bad[i].size + 9), "bytes %zu at %zu", i, before);
		}
}
END_TEST

START_TEST(utf8_that_ends_too_early_is_bad)
{
	const char *whole = "xxxxxxxx\xf0\x9f\x8f\xa0";
	for (size_t size = 9; size < 12; size++)
		ck_assert(!hearth_utf8_valid(whole, size));
	ck_assert(hearth_utf8_valid(whole, 12));
	ck_assert(!hearth_utf8_valid("\xe2\x82", 2));
	ck_assert(!hearth_utf8_valid("\xc3", 1));
}
END_TEST

START_TEST(a_hash_is_blake2b_of_16_bytes)
{
	uint8_t hash[HEARTH_HASH_SIZE];
	char text[2 * HEARTH_HASH_SIZE + 1];
	hearth_hash("", 0, hash);
	hearth_hex(hash, sizeof(hash), text);
	ck_assert_str_eq(text, "cae66941d9efbd404e4d88758ea67670");
	hearth_hash("abc", 3, hash);
	hearth_hex(hash, sizeof(hash), text);
	ck_assert_str_eq(text, "cf4ab791c62b8d2b2109c90275287816");
}
END_TEST

START_TEST(texts_are_the_same_whatever_the_case_of_their_letters)
{
	ck_assert(hearth_text_same("Open", "oPEN") && hearth_text_same("", ""));
	ck_assert(!hearth_text_same("open", "opened") && !hearth_text_same("opened", "open"));
	ck_assert(!hearth_text_same("[", "{"));
}
END_TEST

START_TEST(a_copy_fits_and_keeps_characters_whole)
{
	char text[8];
	hearth_text_copy(text, sizeof(text), "seven77");
	ck_assert_str_eq(text, "seven77");
	hearth_text_copy(text, sizeof(text), "eight888");
	ck_assert_str_eq(text, "eight88");
	hearth_text_copy(text, sizeof(text), "abcde\xe2\x82\xac");
	ck_assert_str_eq(text, "abcde");
	hearth_text_copy(text, sizeof(text), "abcd\xe2\x82\xac");
	ck_assert_str_eq(text, "abcd\xe2\x82\xac");
	hearth_text_copy(text, 1, "x");
	ck_assert_str_eq(text, "");
	text[0] = 'k';
	hearth_text_copy(text, 0, "x");
	ck_assert_int_eq(text[0], 'k');
}
END_TEST

START_TEST(postcodes_are_normalised)
{
	static const struct { const char *given, *normal, *outward; } rows[] = {
		{ "q1 2ab", "Q1 2AB", "Q1" }, { "Q12AB", "Q1 2AB", "Q1" }, { "QX12 3ab", "QX12 3AB", "QX12" },
		{ "  qx1x3ab ", "QX1X 3AB", "QX1X" }, { "Q1X\t3AB", "Q1X 3AB", "Q1X" }, { "Q12 3AB", "Q12 3AB", "Q12" },
		{ "Q X 1 3 A B", "QX1 3AB", "QX1" }
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char normal[9], outward[5];
		ck_assert_msg(hearth_postcode_normalise(rows[i].given, normal) == 0, "row %zu", i);
		ck_assert_str_eq(normal, rows[i].normal);
		ck_assert_int_eq(hearth_postcode_outward(normal, outward), 0);
		ck_assert_str_eq(outward, rows[i].outward);
	}
}
END_TEST

START_TEST(an_outward_part_alone_is_enough_for_one)
{
	static const char *const outwards[] = { "Q1", "Q12", "Q1X", "QX1", "QX12", "qx1x" };
	char normal[9], outward[5];
	for (size_t i = 0; i < sizeof(outwards) / sizeof(outwards[0]); i++) {
		ck_assert_msg(hearth_postcode_outward(outwards[i], outward) == 0, "row %zu", i);
		ck_assert(hearth_text_same(outward, outwards[i]));
		ck_assert_int_eq(hearth_postcode_normalise(outwards[i], normal), -1);
	}
}
END_TEST

START_TEST(what_is_no_postcode_is_refused)
{
	static const char *const bad[] = {
		"", " ", "Q", "1Q 2AB", "QXY1 2AB", "Q1 2A", "Q1 AAB", "Q1 22B", "Q123 4AB", "QX123 4AB", "Q1-2AB",
		"QX12 3ABC", "QX12X 3AB", "12345", "\xc3\xa9" "1 2AB", "Q1\n2AB"
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char normal[9] = "kept", outward[5] = "kept";
		ck_assert_msg(hearth_postcode_normalise(bad[i], normal) == -1, "row %zu", i);
		ck_assert_str_eq(normal, "kept");
		ck_assert_msg(hearth_postcode_outward(bad[i], outward) == -1, "row %zu", i);
		ck_assert_str_eq(outward, "kept");
	}
}
END_TEST

int main(void)
{
	return CHECK_MAIN("text", identifiers_are_version_7_distinct_and_ordered_in_time, identifiers_differ_after_a_fork,
	                  identifiers_survive_both_ways, malformed_identifiers_are_refused, good_utf8_is_valid_at_every_place,
	                  bad_utf8_and_nul_are_found_at_every_place, utf8_that_ends_too_early_is_bad,
	                  a_hash_is_blake2b_of_16_bytes, texts_are_the_same_whatever_the_case_of_their_letters,
	                  a_copy_fits_and_keeps_characters_whole, postcodes_are_normalised,
	                  an_outward_part_alone_is_enough_for_one, what_is_no_postcode_is_refused);
}
