/* wire_check.h: what has to be looked at before a payload is unpacked. */
#ifndef HEARTH_WIRE_CHECK_H
#define HEARTH_WIRE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

struct hearth_status;

/* INVALID_ARGUMENT naming the field when a text of the message, at any depth, holds a NUL. */
int hearth_wire_check(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size,
                      struct hearth_status *status);

/* The same, and when a truth value is encoded as something else: needed where protobuf-c unpacks, not after flat.h. */
int hearth_wire_walk(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size,
                     struct hearth_status *status);

/* Whether messages lie more than `most` deep in one another: protobuf-c unpacks recursive ones without a bound. */
bool hearth_wire_deeper(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size, int most);

#endif
