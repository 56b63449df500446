/* arena.h: memory of one request.
 *
 * Everything a call needs is taken from its arena and given back at once
 * when the call ends; nothing inside it is freed alone. An arena never
 * returns NULL: out of memory aborts (limits bound every request).
 * The arena also stands behind protobuf-c's allocator, so that an unpacked
 * message must never be given to <message>__free_unpacked.
 */
#ifndef HEARTH_ARENA_H
#define HEARTH_ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

struct hearth_arena;

struct hearth_arena *hearth_arena_new(void);
void hearth_arena_free(struct hearth_arena **arena);
/* Forget everything, keep the first block. */
void hearth_arena_reset(struct hearth_arena *arena);

/* Zeroed, aligned for any type. */
void *hearth_arena_alloc(struct hearth_arena *arena, size_t size);
char *hearth_arena_strdup(struct hearth_arena *arena, const char *text);
char *hearth_arena_memdup(struct hearth_arena *arena, const void *bytes, size_t size); /* adds a NUL */
char *hearth_arena_printf(struct hearth_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *hearth_arena_vprintf(struct hearth_arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
/* Runs when the arena is reset or freed, the last one first: for what a call holds that is not its arena's memory. */
void hearth_arena_at_end(struct hearth_arena *arena, void (*run)(void *context), void *context);
size_t hearth_arena_used(const struct hearth_arena *arena);

/* Valid as long as the arena; its free does nothing. */
ProtobufCAllocator *hearth_arena_allocator(struct hearth_arena *arena);

/* malloc, calloc, realloc and strdup that abort when there is no memory. */
void *hearth_alloc(size_t size);
void *hearth_realloc(void *old, size_t size);
char *hearth_strdup(const char *text);

#endif
