/* descriptors.h: contracts that a program was not built with.
 *
 * Reads a google.protobuf.FileDescriptorSet (proto3, as Reflection/GetDescriptors answers) and makes protobuf-c's
 * descriptors of it, so that hearth_json_* and protobuf_c_message_pack/unpack work on its messages. Such descriptors have
 * no message_init: a message of them begins with protobuf_c_message_unpack of no bytes, or with hearth_json_parse.
 *
 * A set is a stranger's: it is at most 1 MB, its names are identifiers, its messages lie at most 32 deep in one another
 * and hold none of themselves, its types and numbers are checked; else INVALID_ARGUMENT BAD_DESCRIPTORS. Maps, groups and
 * proto3's `optional` are refused, as the build refuses them. Files that are not proto3 are passed over.
 * google.protobuf.Timestamp is the compiled one, which has a JSON form of its own.
 */
#ifndef HEARTH_DESCRIPTORS_H
#define HEARTH_DESCRIPTORS_H

#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

#define HEARTH_DESCRIPTORS_BYTES_MOST ((size_t)1 << 20)

struct hearth_descriptors;
struct hearth_status;

/* All it gives out lives until it is freed; `bytes` is not needed after. NULL and a status. */
struct hearth_descriptors *hearth_descriptors_new(const void *bytes, size_t size, struct hearth_status *status);
void hearth_descriptors_free(struct hearth_descriptors **descriptors);

/* By full name ("hearth.v1.Money"); NULL: not there. */
const ProtobufCServiceDescriptor *hearth_descriptors_service(const struct hearth_descriptors *descriptors, const char *name);
const ProtobufCMessageDescriptor *hearth_descriptors_message(const struct hearth_descriptors *descriptors, const char *name);
const ProtobufCEnumDescriptor *hearth_descriptors_enum(const struct hearth_descriptors *descriptors, const char *name);

/* All of them, by name; NULL past the last. */
const ProtobufCServiceDescriptor *hearth_descriptors_service_at(const struct hearth_descriptors *descriptors, size_t index);
const ProtobufCMessageDescriptor *hearth_descriptors_message_at(const struct hearth_descriptors *descriptors, size_t index);
const ProtobufCEnumDescriptor *hearth_descriptors_enum_at(const struct hearth_descriptors *descriptors, size_t index);

/* What the contract says of a symbol: "hearth.v1.Money", "hearth.v1.Money.pence", "hearth.referrals.v1.Referrals.GetReferral",
 * an enum's value by its enum ("hearth.v1.Role.OPERATOR"). Lines without their slashes, control characters as spaces; ""
 * when it says nothing. */
const char *hearth_descriptors_comment(const struct hearth_descriptors *descriptors, const char *symbol);

#endif
