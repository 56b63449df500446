/* fields.h: walks a message's contract, field by field at any depth, for tests that spoil one field at a time. */
#ifndef TESTS_INTEGRATION_FIELDS_H
#define TESTS_INTEGRATION_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#define FIELDS_DEPTH_MOST 8

struct field_path {
	const ProtobufCFieldDescriptor *fields[FIELDS_DEPTH_MOST];
	size_t depth;
};

/* Called for every field of the message and of the messages in it, messages themselves included. A contract that is
 * deeper than FIELDS_DEPTH_MOST (or recursive) fails the test. */
typedef void field_visit(void *context, const struct field_path *path);
void fields_walk(const ProtobufCMessageDescriptor *message, field_visit *visit, void *context);

static inline const ProtobufCFieldDescriptor *field_leaf(const struct field_path *path)
{
	return path->fields[path->depth - 1];
}

/* Protobuf's number of how a type is encoded: 0, 1, 2 or 5. */
unsigned field_wire_type(ProtobufCType type);

/* As the runtime names it: "rows[0].terms.sex"; with `item`, the leaf's own index too. Static buffer. */
const char *field_name(const struct field_path *path, bool item);

/* A payload that holds this field alone: `value` (of the leaf's wire type; for a text, bytes or message its content)
 * `times` times, in one of each message above it. Bytes written to `ret_bytes`; 0 when it does not fit. */
size_t field_payload(const struct field_path *path, const void *value, size_t size, size_t times, uint8_t *ret_bytes,
                     size_t room);

/* Sets the field of a request in proto3 JSON, making what is missing on the way; lists get one item. Steals `value`. */
void field_set(json_t *request, const struct field_path *path, json_t *value);

#endif
