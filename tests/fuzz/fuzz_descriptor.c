/* fuzz_descriptor.c: any bytes as a set of contracts: refused with a reason, or descriptors that are whole: every message
 * can be made of nothing and of the same bytes, written and read again, and become JSON. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/descriptors.h>
#include <hearth/json.h>
#include <hearth/status.h>

#define MESSAGES_TRIED 40
#define BYTES_TRIED 2048

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void try_message(const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes, size_t size)
{
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *message = protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), size, bytes), *again;
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (message != NULL && hearth_message_check(message, 4096, 1000, &status) == 0) {
		size_t packed = protobuf_c_message_get_packed_size(message);
		uint8_t *room = hearth_arena_alloc(arena, packed + 1);
		assert(protobuf_c_message_pack(message, room) == packed);
		again = protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), packed, room);
		assert(again != NULL && protobuf_c_message_get_packed_size(again) == packed);
		char *json = hearth_json_print(arena, message, HEARTH_JSON_DEFAULTS);
		(void)hearth_json_parse(arena, descriptor, json, strlen(json), 0, &again, &status);
	}
	hearth_arena_free(&arena);
}

static void try_all(const struct hearth_descriptors *made, const uint8_t *bytes, size_t size)
{
	const ProtobufCMessageDescriptor *message;
	const ProtobufCServiceDescriptor *service;
	const ProtobufCEnumDescriptor *enumeration;
	for (size_t i = 0; (message = hearth_descriptors_message_at(made, i)) != NULL; i++) {
		assert(hearth_descriptors_message(made, message->name) == message);
		for (unsigned j = 0; j < message->n_fields; j++)
			assert(protobuf_c_message_descriptor_get_field(message, message->fields[j].id) == &message->fields[j]);
		if (i < MESSAGES_TRIED) {
			try_message(message, NULL, 0);
			try_message(message, bytes, size < BYTES_TRIED ? size : BYTES_TRIED);
		}
	}
	for (size_t i = 0; (enumeration = hearth_descriptors_enum_at(made, i)) != NULL; i++)
		for (unsigned j = 0; j < enumeration->n_values; j++)
			assert(protobuf_c_enum_descriptor_get_value(enumeration, enumeration->values[j].value) == &enumeration->values[j]);
	for (size_t i = 0; (service = hearth_descriptors_service_at(made, i)) != NULL; i++)
		for (unsigned j = 0; j < service->n_methods; j++) {
			assert(protobuf_c_service_descriptor_get_method_by_name(service, service->methods[j].name) == &service->methods[j]);
			(void)hearth_descriptors_comment(made, service->name);
		}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_descriptors *made = hearth_descriptors_new(bytes, size, &status);
	if (made != NULL)
		try_all(made, bytes, size);
	else
		assert(status.code == HEARTH_INVALID_ARGUMENT && status.message[0] != '\0');
	hearth_descriptors_free(&made);
	return 0;
}
