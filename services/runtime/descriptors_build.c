/* descriptors_build.c: protobuf-c's descriptors of messages, enums and services that were read at run time.
 *
 * A message is laid out as the generator would: the base, then each field at eight bytes, a repeated one as its number and
 * its pointer, the members of a oneof in one place behind their case. All of it lies in the set's arena; messages point at
 * each other, so every structure is there before any is filled.
 */
#include "descriptors_parts.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <google/protobuf/timestamp.pb-c.h>

#define NUMBER_MOST 536870911
#define FIELDS_MOST 1000
#define VALUES_MOST 4000
#define SLOT sizeof(uint64_t)

typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__ServiceDescriptorProto service_proto;

static const char *short_name(const char *full)
{
	const char *dot = strrchr(full, '.');
	return dot ? dot + 1 : full;
}

static const char *scope_of(struct hearth_arena *arena, const char *full)
{
	const char *dot = strrchr(full, '.');
	return dot ? hearth_arena_memdup(arena, full, (size_t)(dot - full)) : "";
}

/* ---- ranges of numbers, and names in order ---- */

/* protobuf-c finds a number by its run of consecutive ones; `numbers` rise. */
static ProtobufCIntRange *make_ranges(struct hearth_arena *arena, const int32_t *numbers, size_t count, unsigned *ret_count)
{
	ProtobufCIntRange *ranges = hearth_arena_alloc(arena, (count + 1) * sizeof *ranges);
	unsigned made = 0;
	for (size_t i = 0; i < count; i++)
		if (i == 0 || (int64_t)numbers[i] != (int64_t)numbers[i - 1] + 1)
			ranges[made++] = (ProtobufCIntRange){ numbers[i], (unsigned)i };
	ranges[made] = (ProtobufCIntRange){ 0, (unsigned)count };
	*ret_count = made;
	return ranges;
}

struct named { const char *name; unsigned index; };

static int by_name(const void *left, const void *right)
{
	return strcmp(((const struct named *)left)->name, ((const struct named *)right)->name);
}

/* -1 when a name stands twice. */
static int sort_names(struct named *named, size_t count)
{
	if (count)
		qsort(named, count, sizeof *named, by_name);
	for (size_t i = 1; i < count; i++)
		if (strcmp(named[i - 1].name, named[i].name) == 0)
			return -1;
	return 0;
}

static unsigned *indices_of(struct hearth_arena *arena, const struct named *named, size_t count)
{
	unsigned *indices = hearth_arena_alloc(arena, (count + 1) * sizeof *indices);
	for (size_t i = 0; i < count; i++)
		indices[i] = named[i].index;
	return indices;
}

/* ---- enums ---- */

static int by_number(const void *left, const void *right)
{
	const ProtobufCEnumValue *a = left, *b = right;
	return a->value != b->value ? (a->value < b->value ? -1 : 1) : strcmp(a->name, b->name);
}

static int fill_values(struct hearth_arena *arena, const enum_proto *source, ProtobufCEnumDescriptor *made,
                       struct hearth_status *status)
{
	size_t count = source->n_value;
	ProtobufCEnumValue *values = hearth_arena_alloc(arena, count * sizeof *values);
	ProtobufCEnumValueIndex *names = hearth_arena_alloc(arena, count * sizeof *names);
	struct named *named = hearth_arena_alloc(arena, count * sizeof *named);
	int32_t *numbers = hearth_arena_alloc(arena, count * sizeof *numbers);
	for (size_t i = 0; i < count; i++) {
		const char *name = source->value[i]->name;
		if (!descriptors_join(arena, "", name))
			return descriptors_bad(status, "a value's name is none", made->name);
		values[i] = (ProtobufCEnumValue){ name, name, source->value[i]->number };
	}
	qsort(values, count, sizeof *values, by_number);
	for (size_t i = 0; i < count; i++) {
		if (i && values[i].value == values[i - 1].value)
			return descriptors_bad(status, "two values have one number", made->name);
		named[i] = (struct named){ values[i].name, (unsigned)i };
		numbers[i] = values[i].value;
	}
	if (sort_names(named, count) < 0)
		return descriptors_bad(status, "two values have one name", made->name);
	for (size_t i = 0; i < count; i++)
		names[i] = (ProtobufCEnumValueIndex){ named[i].name, named[i].index };
	made->n_values = made->n_value_names = (unsigned)count;
	made->values = values;
	made->values_by_name = names;
	made->value_ranges = make_ranges(arena, numbers, count, &made->n_value_ranges);
	return 0;
}

static int build_enum(struct hearth_descriptors *descriptors, struct descriptors_entry *entry, struct hearth_status *status)
{
	const enum_proto *source = entry->source;
	ProtobufCEnumDescriptor *made = hearth_arena_alloc(descriptors->arena, sizeof *made);
	if (source->n_value == 0 || source->n_value > VALUES_MOST || source->value[0]->number != 0)
		return descriptors_bad(status, "an enum has values, the first of them 0", entry->name);
	made->magic = PROTOBUF_C__ENUM_DESCRIPTOR_MAGIC;
	made->name = made->c_name = entry->name;
	made->short_name = short_name(entry->name);
	made->package_name = scope_of(descriptors->arena, entry->name);
	entry->made = made;
	return fill_values(descriptors->arena, source, made, status);
}

/* ---- messages ---- */

/* By google.protobuf.FieldDescriptorProto.Type; -1: not used here. */
static int type_of(int type)
{
	static const int types[] = { -1, PROTOBUF_C_TYPE_DOUBLE, PROTOBUF_C_TYPE_FLOAT, PROTOBUF_C_TYPE_INT64,
		PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_INT32, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_FIXED32,
		PROTOBUF_C_TYPE_BOOL, PROTOBUF_C_TYPE_STRING, -1, PROTOBUF_C_TYPE_MESSAGE, PROTOBUF_C_TYPE_BYTES,
		PROTOBUF_C_TYPE_UINT32, PROTOBUF_C_TYPE_ENUM, PROTOBUF_C_TYPE_SFIXED32, PROTOBUF_C_TYPE_SFIXED64,
		PROTOBUF_C_TYPE_SINT32, PROTOBUF_C_TYPE_SINT64 };
	return type > 0 && type < (int)(sizeof types / sizeof types[0]) ? types[type] : -1;
}

static bool is_scalar(int type)
{
	return type != PROTOBUF_C_TYPE_STRING && type != PROTOBUF_C_TYPE_BYTES && type != PROTOBUF_C_TYPE_MESSAGE;
}

static const void *target_of(const struct hearth_descriptors *descriptors, const field_proto *source, int type)
{
	const char *name = source->type_name ? source->type_name : "";
	if (type == PROTOBUF_C_TYPE_MESSAGE && strcmp(name, ".google.protobuf.Timestamp") == 0)
		return &google__protobuf__timestamp__descriptor;
	const struct descriptors_list *list = type == PROTOBUF_C_TYPE_MESSAGE ? &descriptors->messages : &descriptors->enums;
	const struct descriptors_entry *entry = *name == '.' ? descriptors_find(list, name + 1) : NULL;
	return entry ? entry->made : NULL;
}

static int fill_field(const struct hearth_descriptors *descriptors, const field_proto *source,
                      ProtobufCFieldDescriptor *field, const char *message, struct hearth_status *status)
{
	int type = type_of((int)source->type);
	bool repeated = source->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
	if (!descriptors_join(descriptors->arena, "", source->name))
		return descriptors_bad(status, "a field's name is none", message);
	if (source->number < 1 || source->number > NUMBER_MOST || type < 0 || source->proto3_optional ||
	    source->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REQUIRED)
		return descriptors_bad(status, "a field has a number, a type or a label that is not used here", message);
	field->name = source->name;
	field->id = (uint32_t)source->number;
	field->type = (ProtobufCType)type;
	field->label = repeated ? PROTOBUF_C_LABEL_REPEATED : PROTOBUF_C_LABEL_NONE;
	if (type == PROTOBUF_C_TYPE_MESSAGE || type == PROTOBUF_C_TYPE_ENUM) {
		field->descriptor = target_of(descriptors, source, type);
		if (!field->descriptor)
			return descriptors_bad(status, "a field's type is not in the set", message);
	}
	if (type == PROTOBUF_C_TYPE_STRING && !source->has_oneof_index)
		field->default_value = protobuf_c_empty_string;
	if (repeated && is_scalar(type) && !(source->options && source->options->has_packed && !source->options->packed))
		field->flags = PROTOBUF_C_FIELD_FLAG_PACKED;
	return 0;
}

/* Where each field lies. `cases` holds, by oneof, where its case lies; its members lie behind. */
static int place_field(const message_proto *source, const field_proto *from, ProtobufCFieldDescriptor *field,
                       unsigned *cases, unsigned *size)
{
	if (from->has_oneof_index) {
		if (from->oneof_index < 0 || (size_t)from->oneof_index >= source->n_oneof_decl ||
		    field->label == PROTOBUF_C_LABEL_REPEATED)
			return -1;
		unsigned *place = &cases[from->oneof_index];
		if (*place == 0) {
			*place = *size;
			*size += (unsigned)(SLOT + sizeof(ProtobufCBinaryData));
		}
		field->quantifier_offset = *place;
		field->offset = *place + (unsigned)SLOT;
		field->flags |= PROTOBUF_C_FIELD_FLAG_ONEOF;
		return 0;
	}
	if (field->label == PROTOBUF_C_LABEL_REPEATED) {
		field->quantifier_offset = *size;
		*size += (unsigned)sizeof(size_t);
	}
	field->offset = *size;
	*size += (unsigned)(field->label != PROTOBUF_C_LABEL_REPEATED && field->type == PROTOBUF_C_TYPE_BYTES
	                    ? sizeof(ProtobufCBinaryData) : SLOT);
	return 0;
}

static int by_id(const void *left, const void *right)
{
	const field_proto *a = *(const field_proto *const *)left, *b = *(const field_proto *const *)right;
	return (a->number > b->number) - (a->number < b->number);
}

static int fill_message(struct hearth_descriptors *descriptors, struct descriptors_entry *entry, struct hearth_status *status)
{
	const message_proto *source = entry->source;
	struct hearth_arena *arena = descriptors->arena;
	ProtobufCMessageDescriptor *made = entry->made;
	size_t count = source->n_field;
	ProtobufCFieldDescriptor *fields = hearth_arena_alloc(arena, (count + 1) * sizeof *fields);
	const field_proto **sorted = hearth_arena_alloc(arena, (count + 1) * sizeof *sorted);
	struct named *named = hearth_arena_alloc(arena, (count + 1) * sizeof *named);
	int32_t *numbers = hearth_arena_alloc(arena, (count + 1) * sizeof *numbers);
	unsigned *cases = hearth_arena_alloc(arena, (source->n_oneof_decl + 1) * sizeof *cases);
	unsigned size = sizeof(ProtobufCMessage);
	if (count)
		memcpy(sorted, source->field, count * sizeof *sorted);
	if (count)
		qsort(sorted, count, sizeof *sorted, by_id);
	for (size_t i = 0; i < count; i++) {
		if (fill_field(descriptors, sorted[i], &fields[i], entry->name, status) < 0)
			return -1;
		if ((i && fields[i].id == fields[i - 1].id) || place_field(source, sorted[i], &fields[i], cases, &size) < 0)
			return descriptors_bad(status, "a number stands twice, or a oneof is none", entry->name);
		named[i] = (struct named){ fields[i].name, (unsigned)i };
		numbers[i] = sorted[i]->number;
	}
	if (sort_names(named, count) < 0)
		return descriptors_bad(status, "two fields have one name", entry->name);
	made->sizeof_message = size;
	made->n_fields = (unsigned)count;
	made->fields = fields;
	made->fields_sorted_by_name = indices_of(arena, named, count);
	made->field_ranges = make_ranges(arena, numbers, count, &made->n_field_ranges);
	return 0;
}

static int begin_message(struct hearth_descriptors *descriptors, struct descriptors_entry *entry,
                         struct hearth_status *status)
{
	const message_proto *source = entry->source;
	ProtobufCMessageDescriptor *made = hearth_arena_alloc(descriptors->arena, sizeof *made);
	if (source->n_field > FIELDS_MOST || source->n_extension_range > 0 || source->n_oneof_decl > FIELDS_MOST)
		return descriptors_bad(status, "it has too many fields, or may be extended", entry->name);
	made->magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC;
	made->name = made->c_name = entry->name;
	made->short_name = short_name(entry->name);
	made->package_name = scope_of(descriptors->arena, entry->name);
	entry->made = made;
	return 0;
}

/* A message that can hold itself would let a stranger's bytes recurse without end. The recursion here is bounded too. */
static int measure(struct hearth_descriptors *descriptors, struct descriptors_entry *entry, int above,
                   struct hearth_status *status)
{
	const ProtobufCMessageDescriptor *made = entry->made;
	int deepest = 0;
	if (entry->depth < 0 || above > DESCRIPTORS_DEPTH_MOST || above + entry->depth > DESCRIPTORS_DEPTH_MOST)
		return descriptors_bad(status, "messages hold themselves, or lie too deep in one another", entry->name);
	if (entry->depth > 0)
		return 0;
	entry->depth = -1;
	for (unsigned i = 0; i < made->n_fields; i++) {
		if (made->fields[i].type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		const ProtobufCMessageDescriptor *inner = made->fields[i].descriptor;
		struct descriptors_entry *next = descriptors_find(&descriptors->messages, inner->name);
		if (!next)
			continue;        /* the compiled Timestamp */
		if (measure(descriptors, next, above + 1, status) < 0)
			return -1;
		if (next->depth > deepest)
			deepest = next->depth;
	}
	entry->depth = deepest + 1;
	return 0;
}

/* ---- services ---- */

static const ProtobufCMessageDescriptor *message_of(const struct hearth_descriptors *descriptors, const char *name)
{
	return name && *name == '.' ? hearth_descriptors_message(descriptors, name + 1) : NULL;
}

static int build_service(struct hearth_descriptors *descriptors, struct descriptors_entry *entry,
                         struct hearth_status *status)
{
	const service_proto *source = entry->source;
	struct hearth_arena *arena = descriptors->arena;
	size_t count = source->n_method;
	ProtobufCServiceDescriptor *made = hearth_arena_alloc(arena, sizeof *made);
	ProtobufCMethodDescriptor *methods = hearth_arena_alloc(arena, (count + 1) * sizeof *methods);
	struct named *named = hearth_arena_alloc(arena, (count + 1) * sizeof *named);
	if (count > FIELDS_MOST)
		return descriptors_bad(status, "it has too many methods", entry->name);
	for (size_t i = 0; i < count; i++) {
		const Google__Protobuf__MethodDescriptorProto *from = source->method[i];
		methods[i] = (ProtobufCMethodDescriptor){ from->name, message_of(descriptors, from->input_type),
			                                      message_of(descriptors, from->output_type) };
		named[i] = (struct named){ from->name, (unsigned)i };
		if (!descriptors_join(arena, "", from->name) || !methods[i].input || !methods[i].output ||
		    from->client_streaming || from->server_streaming)
			return descriptors_bad(status, "a method has no name or types, or is a stream", entry->name);
	}
	if (sort_names(named, count) < 0)
		return descriptors_bad(status, "two methods have one name", entry->name);
	*made = (ProtobufCServiceDescriptor){ .magic = PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC, .name = entry->name,
		.short_name = short_name(entry->name), .c_name = entry->name, .package = scope_of(arena, entry->name),
		.n_methods = (unsigned)count, .methods = methods, .method_indices_by_name = indices_of(arena, named, count) };
	entry->made = made;
	return 0;
}

/* ---- all ---- */

int descriptors_build(struct hearth_descriptors *descriptors, struct hearth_status *status)
{
	struct descriptors_list *messages = &descriptors->messages;
	for (size_t i = 0; i < descriptors->enums.count; i++)
		if (build_enum(descriptors, &descriptors->enums.entries[i], status) < 0)
			return -1;
	for (size_t i = 0; i < messages->count; i++)
		if (begin_message(descriptors, &messages->entries[i], status) < 0)
			return -1;
	for (size_t i = 0; i < messages->count; i++)
		if (fill_message(descriptors, &messages->entries[i], status) < 0)
			return -1;
	for (size_t i = 0; i < messages->count; i++)
		if (measure(descriptors, &messages->entries[i], 1, status) < 0)
			return -1;
	for (size_t i = 0; i < descriptors->services.count; i++)
		if (build_service(descriptors, &descriptors->services.entries[i], status) < 0)
			return -1;
	return 0;
}
