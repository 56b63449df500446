/* wire_check.h: what has to be looked at before a payload is unpacked. */
#ifndef HEARTH_WIRE_CHECK_H
#define HEARTH_WIRE_CHECK_H

#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

struct hearth_status;

/* INVALID_ARGUMENT naming the field when a text of the message, at any depth, holds a NUL. */
int hearth_wire_check(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size,
                      struct hearth_status *status);

#endif
