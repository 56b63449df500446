/* json_field.h: reaching into protobuf-c messages through their descriptors.
 *
 * Shared by what walks messages of any type: JSON both ways, the checks at
 * the edge, the clearing of personal fields.
 */
#ifndef HEARTH_JSON_FIELD_H
#define HEARTH_JSON_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>

#define HEARTH_FIELD_NAME_MOST 128

static inline void *hearth_field_at(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return (char *)(uintptr_t)message + field->offset;
}

/* The count of a repeated field, or the case of a oneof. */
static inline void *hearth_field_quantifier(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return (char *)(uintptr_t)message + field->quantifier_offset;
}

static inline size_t hearth_field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
	return *(const size_t *)hearth_field_quantifier(message, field);
}

/* Bytes of one value in memory. */
size_t hearth_field_size(ProtobufCType type);
/* Not the default of proto3: a sub-message is there, a list is not empty, a scalar is not zero. */
bool hearth_field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
/* Of a type that identifies a person (hearth.v1.PersonalDate). */
bool hearth_field_is_personal(const ProtobufCFieldDescriptor *field);
/* "child_id" as "childId". */
void hearth_field_camel(const char *name, char ret_camel[HEARTH_FIELD_NAME_MOST]);

/* Where in a message something is, for errors: written only when something is wrong. */
struct hearth_path {
	const struct hearth_path *up;
	const char *name;
	long index;                      /* -1: not in a list */
};
/* "needs.home_kinds[2]", cut to fit. */
void hearth_path_write(const struct hearth_path *path, char *ret_text, size_t size);

#endif
