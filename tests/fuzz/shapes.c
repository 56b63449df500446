/* shapes.c: the messages that fuzz targets try. See shapes.h. */
#include "shapes.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>

#include <google/protobuf/descriptor.pb-c.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/descriptors.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>
#include <hearth/status.h>

typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__DescriptorProto message_proto;

#define TYPES_MOST 18
#define WAYS 3                   /* alone, in a oneof, repeated */

static struct hearth_descriptors *made;

/* Types by protobuf's numbers; groups (10) are not proto3's, messages (11) and enums (14) are of the inner two. */
static void fill_field(field_proto *field, char *name, size_t size, int type, int way)
{
	*field = (field_proto)GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__INIT;
	snprintf(name, size, "field_%c%c", 'a' + type - 1, 'x' + way);
	field->name = name;
	field->has_number = field->has_type = field->has_label = 1;
	field->number = type + way * 40;
	field->type = (Google__Protobuf__FieldDescriptorProto__Type)type;
	field->label = way == 2 ? GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED
	                        : GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_OPTIONAL;
	field->type_name = type == 14 ? ".p.Colour" : type == 11 ? way == 0 ? ".google.protobuf.Timestamp" : ".p.Inner" : NULL;
	field->has_oneof_index = way == 1;
}

static size_t fill_fields(field_proto *fields, field_proto **each, char (*names)[16])
{
	size_t count = 0;
	for (int way = 0; way < WAYS; way++)
		for (int type = 1; type <= TYPES_MOST; type++) {
			if (type == 10)
				continue;
			fill_field(&fields[count], names[count], sizeof names[count], type, way);
			each[count] = &fields[count];
			count++;
		}
	return count;
}

static Google__Protobuf__EnumDescriptorProto *colours(void)
{
	static Google__Protobuf__EnumValueDescriptorProto none = GOOGLE__PROTOBUF__ENUM_VALUE_DESCRIPTOR_PROTO__INIT,
		red = GOOGLE__PROTOBUF__ENUM_VALUE_DESCRIPTOR_PROTO__INIT, *values[] = { &none, &red };
	static Google__Protobuf__EnumDescriptorProto colour = GOOGLE__PROTOBUF__ENUM_DESCRIPTOR_PROTO__INIT;
	none.name = (char *)"COLOUR_UNSPECIFIED";
	none.has_number = red.has_number = 1;
	red.name = (char *)"RED";
	red.number = 7;
	colour.name = (char *)"Colour";
	colour.n_value = 2;
	colour.value = values;
	return &colour;
}

static message_proto *inner(void)
{
	static message_proto message = GOOGLE__PROTOBUF__DESCRIPTOR_PROTO__INIT;
	static field_proto number, text, *fields[] = { &number, &text };
	static char names[2][16];
	fill_field(&number, names[0], sizeof names[0], 3, 0);
	fill_field(&text, names[1], sizeof names[1], 9, 2);
	message.name = (char *)"Inner";
	message.n_field = 2;
	message.field = fields;
	return &message;
}

static const ProtobufCMessageDescriptor *every_type(void)
{
	static uint8_t bytes[1 << 14];
	static field_proto fields[TYPES_MOST * WAYS], *each[TYPES_MOST * WAYS];
	static char names[TYPES_MOST * WAYS][16];
	Google__Protobuf__OneofDescriptorProto which = GOOGLE__PROTOBUF__ONEOF_DESCRIPTOR_PROTO__INIT, *oneofs[] = { &which };
	message_proto every = GOOGLE__PROTOBUF__DESCRIPTOR_PROTO__INIT, *messages[] = { &every, inner() };
	Google__Protobuf__EnumDescriptorProto *enums[] = { colours() };
	Google__Protobuf__FileDescriptorProto file = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_PROTO__INIT, *files[] = { &file };
	Google__Protobuf__FileDescriptorSet set = GOOGLE__PROTOBUF__FILE_DESCRIPTOR_SET__INIT;
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (made != NULL)
		return hearth_descriptors_message(made, "p.Every");
	every.name = (char *)"Every";
	every.n_field = fill_fields(fields, each, names);
	every.field = each;
	which.name = (char *)"which";
	every.n_oneof_decl = 1;
	every.oneof_decl = oneofs;
	file.name = (char *)"p.proto", file.package = (char *)"p", file.syntax = (char *)"proto3";
	file.n_message_type = 2, file.message_type = messages;
	file.n_enum_type = 1, file.enum_type = enums;
	set.n_file = 1, set.file = files;
	assert(google__protobuf__file_descriptor_set__get_packed_size(&set) <= sizeof bytes);
	made = hearth_descriptors_new(bytes, google__protobuf__file_descriptor_set__pack(&set, bytes), &status);
	if (made == NULL)
		fprintf(stderr, "%s\n", status.message);
	assert(made != NULL);
	return hearth_descriptors_message(made, "p.Every");
}

const ProtobufCMessageDescriptor *shape(unsigned choice)
{
	static const ProtobufCMessageDescriptor *const shapes[] = {
		&hearth__placements__v1__placement__descriptor, &hearth__placements__v1__import_episodes_request__descriptor,
		&hearth__placements__v1__child__descriptor, &hearth__providers__v1__upsert_home_request__descriptor,
		&hearth__referrals__v1__create_referral_request__descriptor, &hearth__events__v1__event__descriptor,
		&hearth__events__v1__get_parked_response__descriptor, &hearth__control__v1__get_instance_response__descriptor,
	};
	choice %= sizeof shapes / sizeof shapes[0] + 4;      /* the made one as often as four others */
	return choice < sizeof shapes / sizeof shapes[0] ? shapes[choice] : every_type();
}
