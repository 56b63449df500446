/* arena.c: a chunked bump allocator, and the allocations that abort.
 *
 * What lies beyond `at` in the present block is always zero, so that handing
 * out memory is a comparison and an addition; the used part of the first
 * block is cleared once, at reset. Larger blocks come zeroed from calloc and
 * go back to it at reset. Under AddressSanitizer what is not handed out is
 * poisoned and every piece is followed by a gap, so that a read past a piece
 * or after a reset is seen.
 */
#include <hearth/arena.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define POISON(at, size) __asan_poison_memory_region((at), (size))
#define UNPOISON(at, size) __asan_unpoison_memory_region((at), (size))
#define GAP ((size_t)16)
#define FITS(size, left) ((size) <= (left) && (left) - (size) >= GAP)
#else
#define POISON(at, size) ((void)0)
#define UNPOISON(at, size) ((void)0)
#define GAP ((size_t)0)
#define FITS(size, left) ((size) <= (left))
#endif

#define ALIGNMENT ((size_t)16)
#define FIRST_SIZE ((size_t)8192)
#define BLOCK_MOST ((size_t)1 << 18)

_Static_assert(ALIGNMENT >= _Alignof(max_align_t), "an arena's memory fits any type");

struct block {
	struct block *next;
	size_t size;             /* of data */
	_Alignas(16) char data[];
};

/* Something of the call's that is not the arena's memory. */
struct ending {
	void (*run)(void *context);
	void *context;
	struct ending *next;
};

struct hearth_arena {
	char *at;                /* next free byte, aligned */
	char *end;               /* of the block */
	char *start;             /* of the present block's data */
	struct block *extra;     /* all but the first */
	size_t passed;           /* handed out of blocks that are not the present one */
	size_t next_size;
	struct ending *endings;
	ProtobufCAllocator allocator;
	_Alignas(16) char first[FIRST_SIZE];
};

static _Noreturn void out_of_memory(size_t size)
{
	fprintf(stderr, "out of memory: %zu bytes\n", size);
	abort();
}

void *hearth_alloc(size_t size)
{
	void *memory = malloc(size > 0 ? size : 1);
	if (memory == NULL)
		out_of_memory(size);
	return memory;
}

void *hearth_realloc(void *old, size_t size)
{
	void *memory = realloc(old, size > 0 ? size : 1);
	if (memory == NULL)
		out_of_memory(size);
	return memory;
}

char *hearth_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	return memcpy(hearth_alloc(size), text, size);
}

static void *allocator_alloc(void *arena, size_t size)
{
	return hearth_arena_alloc(arena, size);
}

static void allocator_free(void *arena, void *memory)
{
	(void)arena;
	(void)memory;
}

static void start_first(struct hearth_arena *arena)
{
	arena->start = arena->at = arena->first;
	arena->end = arena->first + FIRST_SIZE;
	arena->passed = 0;
	arena->next_size = 4 * FIRST_SIZE;
	POISON(arena->first, FIRST_SIZE);
}

struct hearth_arena *hearth_arena_new(void)
{
	struct hearth_arena *arena = aligned_alloc(ALIGNMENT, sizeof(*arena));
	if (arena == NULL)
		out_of_memory(sizeof(*arena));
	memset(arena, 0, sizeof(*arena));
	arena->allocator.alloc = allocator_alloc;
	arena->allocator.free = allocator_free;
	arena->allocator.allocator_data = arena;
	start_first(arena);
	return arena;
}

static void free_extra(struct hearth_arena *arena)
{
	while (arena->extra != NULL) {
		struct block *block = arena->extra;
		arena->extra = block->next;
		UNPOISON(block->data, block->size);
		free(block);
	}
}

static void run_endings(struct hearth_arena *arena)
{
	while (arena->endings) {
		struct ending *ending = arena->endings;
		arena->endings = ending->next;
		ending->run(ending->context);
	}
}

void hearth_arena_at_end(struct hearth_arena *arena, void (*run)(void *context), void *context)
{
	struct ending *ending = hearth_arena_alloc(arena, sizeof *ending);
	*ending = (struct ending){ run, context, arena->endings };
	arena->endings = ending;
}

void hearth_arena_free(struct hearth_arena **arena)
{
	if (*arena == NULL)
		return;
	run_endings(*arena);
	free_extra(*arena);
	UNPOISON((*arena)->first, FIRST_SIZE);
	free(*arena);
	*arena = NULL;
}

void hearth_arena_reset(struct hearth_arena *arena)
{
	if (arena->endings != NULL)
		run_endings(arena);
	UNPOISON(arena->first, FIRST_SIZE);
	/* The first block is dirty as far as it was handed out; all of it once it was left. */
	size_t dirty = arena->start == arena->first ? (size_t)(arena->at - arena->first) : FIRST_SIZE;
	memset(arena->first, 0, dirty);
	if (arena->extra != NULL)
		free_extra(arena);
	start_first(arena);
}

static struct block *add_block(struct hearth_arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		out_of_memory(size);
	struct block *block = calloc(1, sizeof(*block) + size);
	if (block == NULL)
		out_of_memory(size);
	block->size = size;
	block->next = arena->extra;
	arena->extra = block;
	POISON(block->data, size);
	return block;
}

/* The piece does not fit into the present block. */
static __attribute__((noinline)) void *alloc_slow(struct hearth_arena *arena, size_t size)
{
	if (size > SIZE_MAX / 4)
		out_of_memory(size);
	size_t rounded = ((size + ALIGNMENT - 1) & ~(ALIGNMENT - 1)) + GAP;
	if (rounded > arena->next_size / 2) {
		/* A large piece has a block of its own; the present one goes on. */
		struct block *own = add_block(arena, rounded);
		arena->passed += rounded;
		UNPOISON(own->data, size);
		return own->data;
	}
	struct block *block = add_block(arena, arena->next_size);
	arena->passed += (size_t)(arena->at - arena->start);
	arena->start = block->data;
	arena->at = block->data + rounded;
	arena->end = block->data + block->size;
	if (arena->next_size < BLOCK_MOST)
		arena->next_size *= 2;
	UNPOISON(block->data, size);
	return block->data;
}

void *hearth_arena_alloc(struct hearth_arena *arena, size_t size)
{
	char *at = arena->at;
	/* `end - at` is a multiple of the alignment, so what fits unrounded fits rounded. */
	if (__builtin_expect(!FITS(size, (size_t)(arena->end - at)), 0))
		return alloc_slow(arena, size);
	arena->at = at + ((size + ALIGNMENT - 1) & ~(ALIGNMENT - 1)) + GAP;
	UNPOISON(at, size);
	return at;
}

char *hearth_arena_memdup(struct hearth_arena *arena, const void *bytes, size_t size)
{
	if (size > SIZE_MAX / 4)
		out_of_memory(size);
	char *copy = hearth_arena_alloc(arena, size + 1);
	if (size > 0)
		memcpy(copy, bytes, size);
	return copy;
}

char *hearth_arena_strdup(struct hearth_arena *arena, const char *text)
{
	return hearth_arena_memdup(arena, text, strlen(text));
}

char *hearth_arena_vprintf(struct hearth_arena *arena, const char *format, va_list arguments)
{
	char brief[256];
	va_list again;
	va_copy(again, arguments);
	int length = vsnprintf(brief, sizeof(brief), format, arguments);
	if (length < 0)
		abort();
	char *text = hearth_arena_alloc(arena, (size_t)length + 1);
	if ((size_t)length < sizeof(brief))
		memcpy(text, brief, (size_t)length);
	else
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

char *hearth_arena_printf(struct hearth_arena *arena, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	char *text = hearth_arena_vprintf(arena, format, arguments);
	va_end(arguments);
	return text;
}

size_t hearth_arena_used(const struct hearth_arena *arena)
{
	return arena->passed + (size_t)(arena->at - arena->start);
}

ProtobufCAllocator *hearth_arena_allocator(struct hearth_arena *arena)
{
	return &arena->allocator;
}
