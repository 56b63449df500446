/* flat.h: plain messages (single numbers, texts and bytes, no message inside), read and written in one pass.
 *
 * Most requests are such. The bytes and the values are those of protobuf-c, which takes over for every other message and
 * for every encoding that is not the usual one (unknown fields, repeated tags out of order, malformed bytes).
 */
#ifndef HEARTH_FLAT_H
#define HEARTH_FLAT_H

#include <stddef.h>
#include <stdint.h>
#include <protobuf-c/protobuf-c.h>
#include <hearth/arena.h>

#define HEARTH_FLAT_OTHER SIZE_MAX

/* The message in the arena; NULL: ask protobuf-c. */
ProtobufCMessage *hearth_flat_unpack(const ProtobufCMessageDescriptor *descriptor, struct hearth_arena *arena, size_t size,
                                     const uint8_t *bytes);
/* Writes at most `room` bytes; how many, or HEARTH_FLAT_OTHER: ask protobuf-c. */
size_t hearth_flat_pack(const ProtobufCMessage *message, uint8_t *ret_bytes, size_t room);

#endif
