/* fields.c: walks a message's contract. See fields.h. */
#include "fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

static void walk(const ProtobufCMessageDescriptor *message, struct field_path *path, field_visit *visit, void *context)
{
	ck_assert_msg(path->depth < FIELDS_DEPTH_MOST, "%s is too deep, or recursive", message->name);
	for (unsigned i = 0; i < message->n_fields; i++) {
		path->fields[path->depth++] = &message->fields[i];
		visit(context, path);
		if (message->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
			walk(message->fields[i].descriptor, path, visit, context);
		path->depth--;
	}
}

void fields_walk(const ProtobufCMessageDescriptor *message, field_visit *visit, void *context)
{
	struct field_path path = { .depth = 0 };
	walk(message, &path, visit, context);
}

const char *field_name(const struct field_path *path, bool item)
{
	static char name[256];
	size_t used = 0;
	for (size_t i = 0; i < path->depth; i++) {
		bool index = path->fields[i]->label == PROTOBUF_C_LABEL_REPEATED && (item || i + 1 < path->depth);
		used += (size_t)snprintf(name + used, sizeof name - used, "%s%s%s", i > 0 ? "." : "", path->fields[i]->name,
		                         index ? "[0]" : "");
	}
	return name;
}

/* ---- wire ---- */

struct out { uint8_t *at, *end; };

static void put(struct out *out, const void *bytes, size_t size)
{
	if ((size_t)(out->end - out->at) < size) {
		out->at = out->end;
		return;
	}
	if (size > 0)
		memcpy(out->at, bytes, size);
	out->at += size;
}

static void put_varint(struct out *out, uint64_t value)
{
	uint8_t bytes[10];
	size_t size = 0;
	do {
		bytes[size++] = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
	} while (value >>= 7);
	put(out, bytes, size);
}

unsigned field_wire_type(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_STRING: case PROTOBUF_C_TYPE_BYTES: case PROTOBUF_C_TYPE_MESSAGE:
		return 2;
	case PROTOBUF_C_TYPE_DOUBLE: case PROTOBUF_C_TYPE_FIXED64: case PROTOBUF_C_TYPE_SFIXED64:
		return 1;
	case PROTOBUF_C_TYPE_FLOAT: case PROTOBUF_C_TYPE_FIXED32: case PROTOBUF_C_TYPE_SFIXED32:
		return 5;
	default:
		return 0;
	}
}

size_t field_payload(const struct field_path *path, const void *value, size_t size, size_t times, uint8_t *ret_bytes,
                     size_t room)
{
	const ProtobufCFieldDescriptor *leaf = field_leaf(path);
	struct out out = { ret_bytes, ret_bytes + room };
	uint8_t *inner = malloc(room);
	for (size_t i = 0; i < times; i++) {
		put_varint(&out, (uint64_t)leaf->id << 3 | field_wire_type(leaf->type));
		if (field_wire_type(leaf->type) == 2)
			put_varint(&out, size);
		put(&out, value, size);
	}
	for (size_t i = path->depth - 1; i > 0; i--) {
		size_t used = (size_t)(out.at - ret_bytes);
		memcpy(inner, ret_bytes, used);
		out.at = ret_bytes;
		put_varint(&out, (uint64_t)path->fields[i - 1]->id << 3 | 2);
		put_varint(&out, used);
		put(&out, inner, used);
	}
	free(inner);
	return out.at == out.end ? 0 : (size_t)(out.at - ret_bytes);
}

/* ---- JSON ---- */

static void camel(const char *name, char ret_camel[64])
{
	size_t at = 0;
	for (; *name != '\0' && at < 63; name++) {
		bool upper = *name == '_' && name[1] >= 'a' && name[1] <= 'z';
		name += *name == '_';
		ret_camel[at++] = upper ? (char)(*name - 'a' + 'A') : *name;
	}
	ret_camel[at] = '\0';
}

void field_set(json_t *request, const struct field_path *path, json_t *value)
{
	json_t *at = request;
	for (size_t i = 0; i < path->depth; i++) {
		const ProtobufCFieldDescriptor *field = path->fields[i];
		char name[64];
		camel(field->name, name);
		bool list = field->label == PROTOBUF_C_LABEL_REPEATED, last = i + 1 == path->depth;
		json_t *held = json_object_get(at, name);
		if (list && (held == NULL || json_array_size(held) == 0)) {
			held = json_array();
			json_array_append_new(held, json_object());
			json_object_set_new(at, name, held);
		}
		if (last && list)
			json_array_set_new(held, 0, value);
		else if (last)
			json_object_set_new(at, name, value);
		else if (!list && held == NULL)
			json_object_set_new(at, name, held = json_object());
		at = list ? json_array_get(held, 0) : held;
	}
}
