/* json.h: proto3 JSON both ways, through protobuf-c's descriptors (jansson).
 *
 * lowerCamelCase names out, both spellings in; int64 as strings out, both in;
 * enums by name; bytes base64; google.protobuf.Timestamp as RFC 3339; an unset
 * sub-message is left out; defaults are written only with HEARTH_JSON_DEFAULTS.
 * Decoding is strict: unknown names, wrong types, out-of-range numbers, bad
 * UTF-8, more than 1,024 nested levels or a repeated key are INVALID_ARGUMENT
 * naming the field (dotted path, repeated index in brackets).
 */
#ifndef HEARTH_JSON_H
#define HEARTH_JSON_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

struct hearth_arena;
struct hearth_status;

enum {
	HEARTH_JSON_DEFAULTS = 1,        /* write fields that hold their default too */
	HEARTH_JSON_PUBLIC = 2,          /* leave out personal fields (type hearth.v1.PersonalDate) */
	HEARTH_JSON_PROTO_NAMES = 4,     /* snake_case names */
	HEARTH_JSON_LENIENT = 8          /* decoding: skip unknown names (events from a newer source) */
};

/* A new reference; never NULL. */
json_t *hearth_json_encode(const ProtobufCMessage *message, int flags);
/* Compact text in the arena. */
char *hearth_json_print(struct hearth_arena *arena, const ProtobufCMessage *message, int flags);
/* The message lives in the arena. */
int hearth_json_decode(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor,
                       const json_t *value, int flags, ProtobufCMessage **ret_message,
                       struct hearth_status *status);
int hearth_json_parse(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor,
                      const char *text, size_t size, int flags, ProtobufCMessage **ret_message,
                      struct hearth_status *status);
/* Clears personal fields in place, at any depth. */
void hearth_message_make_public(ProtobufCMessage *message);
/* Checks strings (UTF-8, no NUL), lengths (`most_text` bytes), counts (`most_items`) and enum values at any depth
 * (at most 32): INVALID_ARGUMENT naming the field. */
int hearth_message_check(const ProtobufCMessage *message, size_t most_text, size_t most_items,
                         struct hearth_status *status);

#endif
