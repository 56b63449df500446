/* descriptors_parts.h: what the two halves of descriptors.h share: descriptors.c indexes a set, descriptors_build.c makes
 * protobuf-c's structures. */
#ifndef HEARTH_DESCRIPTORS_PARTS_H
#define HEARTH_DESCRIPTORS_PARTS_H

#include <google/protobuf/descriptor.pb-c.h>
#include <hearth/arena.h>
#include <hearth/descriptors.h>
#include <hearth/status.h>

#define DESCRIPTORS_NAME_MOST 200
#define DESCRIPTORS_DEPTH_MOST 32

/* One kind of thing, sorted by full name when the set is whole. */
struct descriptors_entry {
	const char *name;
	const void *source;              /* DescriptorProto, EnumDescriptorProto or ServiceDescriptorProto */
	void *made;                      /* protobuf-c's */
	int depth;                       /* messages: 0 not looked at, -1 being looked at, else how deep */
};
struct descriptors_list {
	struct descriptors_entry *entries;
	size_t count, room;
};

struct descriptors_comment {
	const char *symbol, *text;
};

struct hearth_descriptors {
	struct hearth_arena *arena;
	struct descriptors_list messages, enums, services;
	struct descriptors_comment *comments;
	size_t comment_count, comment_room;
};

/* "a.b" of "a" and "b"; NULL when `name` is no identifier or the whole is too long. */
const char *descriptors_join(struct hearth_arena *arena, const char *scope, const char *name);
struct descriptors_entry *descriptors_find(const struct descriptors_list *list, const char *name);
int descriptors_bad(struct hearth_status *status, const char *what, const char *name);

/* Fills every `made` of an indexed set. */
int descriptors_build(struct hearth_descriptors *descriptors, struct hearth_status *status);

#endif
