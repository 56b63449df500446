/* test_arena.c: memory of one request. */
#include <hearth/arena.h>

#include <hearth/v1/common.pb-c.h>

#include <stdint.h>
#include <string.h>

#include "../support/check_main.h"

static int is_zero(const char *at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (at[i] != 0)
			return 0;
	return 1;
}

START_TEST(memory_is_zeroed_and_aligned_for_any_type)
{
	struct hearth_arena *arena = hearth_arena_new();
	for (size_t size = 0; size < 3000; size += 7) {
		char *at = hearth_arena_alloc(arena, size);
		ck_assert_ptr_nonnull(at);
		ck_assert_uint_eq((uintptr_t)at % _Alignof(max_align_t), 0);
		ck_assert(is_zero(at, size));
		memset(at, 0xa5, size);
	}
	hearth_arena_free(&arena);
	ck_assert_ptr_null(arena);
}
END_TEST

START_TEST(pieces_never_overlap)
{
	struct hearth_arena *arena = hearth_arena_new();
	unsigned char *pieces[500];
	for (size_t i = 0; i < 500; i++) {
		pieces[i] = hearth_arena_alloc(arena, i + 1);
		memset(pieces[i], (int)(i % 251), i + 1);
	}
	for (size_t i = 0; i < 500; i++)
		for (size_t k = 0; k <= i; k++)
			ck_assert_uint_eq(pieces[i][k], i % 251);
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(a_reset_forgets_everything_and_memory_is_zero_again)
{
	struct hearth_arena *arena = hearth_arena_new();
	for (int round = 0; round < 5; round++) {
		for (int i = 0; i < 200 * (round + 1); i++) {
			char *at = hearth_arena_alloc(arena, 100);
			ck_assert(is_zero(at, 100));
			memset(at, 0xff, 100);
		}
		hearth_arena_reset(arena);
		ck_assert_uint_eq(hearth_arena_used(arena), 0);
	}
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(the_first_block_is_kept_at_a_reset)
{
	struct hearth_arena *arena = hearth_arena_new();
	void *first = hearth_arena_alloc(arena, 64);
	hearth_arena_alloc(arena, 100000);
	hearth_arena_reset(arena);
	ck_assert_ptr_eq(hearth_arena_alloc(arena, 64), first);
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(a_large_piece_leaves_room_in_the_present_block)
{
	struct hearth_arena *arena = hearth_arena_new();
	char *before = hearth_arena_alloc(arena, 16);
	char *large = hearth_arena_alloc(arena, 1 << 20);
	ck_assert(is_zero(large, 1 << 20));
	memset(large, 1, 1 << 20);
	char *after = hearth_arena_alloc(arena, 16);
	ck_assert(after > before && after - before < 64);
	ck_assert_uint_ge(hearth_arena_used(arena), (1 << 20) + 32);
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(texts_are_copied_with_their_end)
{
	struct hearth_arena *arena = hearth_arena_new();
	ck_assert_str_eq(hearth_arena_strdup(arena, "hearth"), "hearth");
	ck_assert_str_eq(hearth_arena_strdup(arena, ""), "");
	char *copy = hearth_arena_memdup(arena, "a\0b", 3);
	ck_assert_mem_eq(copy, "a\0b", 4);
	ck_assert_str_eq(hearth_arena_memdup(arena, NULL, 0), "");
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(printed_texts_of_any_length_are_whole)
{
	struct hearth_arena *arena = hearth_arena_new();
	for (int length = 0; length < 20000; length += 251) {
		char *text = hearth_arena_printf(arena, "%0*d|%s", length, 0, "end");
		ck_assert_uint_eq(strlen(text), (size_t)(length > 0 ? length : 1) + 4);
		ck_assert_str_eq(strchr(text, '|'), "|end");
	}
	hearth_arena_free(&arena);
}
END_TEST

START_TEST(a_message_unpacks_into_an_arena)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__V1__ExternalId id = HEARTH__V1__EXTERNAL_ID__INIT;
	id.system = (char *)"ssda903";
	id.id = (char *)"P-1";
	uint8_t bytes[64];
	size_t size = hearth__v1__external_id__pack(&id, bytes);
	Hearth__V1__ExternalId *back = hearth__v1__external_id__unpack(hearth_arena_allocator(arena), size, bytes);
	ck_assert_ptr_nonnull(back);
	ck_assert_str_eq(back->system, "ssda903");
	ck_assert_str_eq(back->id, "P-1");
	hearth_arena_allocator(arena)->free(arena, back);
	ck_assert_str_eq(back->id, "P-1");
	hearth_arena_free(&arena);
}
END_TEST

static void note_end(void *context)
{
	char **at = context;
	*(*at)++ = 'x';
}

START_TEST(what_a_call_holds_besides_ends_with_its_arena_once)
{
	struct hearth_arena *arena = hearth_arena_new();
	char ended[8] = "", *at = ended;
	hearth_arena_at_end(arena, note_end, &at);
	hearth_arena_at_end(arena, note_end, &at);
	ck_assert_str_eq(ended, "");
	hearth_arena_reset(arena);
	ck_assert_str_eq(ended, "xx");
	hearth_arena_reset(arena);
	ck_assert_str_eq(ended, "xx");
	hearth_arena_at_end(arena, note_end, &at);
	hearth_arena_free(&arena);
	ck_assert_str_eq(ended, "xxx");
}
END_TEST

int main(void)
{
	return CHECK_MAIN("arena", memory_is_zeroed_and_aligned_for_any_type, pieces_never_overlap,
	                  a_reset_forgets_everything_and_memory_is_zero_again, the_first_block_is_kept_at_a_reset,
	                  a_large_piece_leaves_room_in_the_present_block, texts_are_copied_with_their_end,
	                  printed_texts_of_any_length_are_whole, a_message_unpacks_into_an_arena,
	                  what_a_call_holds_besides_ends_with_its_arena_once);
}
