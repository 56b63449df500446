/* json_encode.c: messages to proto3 JSON.
 *
 * Promises: every message can be written (text that is not UTF-8 is mended
 * with U+FFFD, numbers that JSON has not are written as "NaN", "Infinity",
 * real ones with fifteen digits), and what was written reads back to the same. Owns nothing.
 */
#include <hearth/json.h>
#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/text.h>

#include <google/protobuf/timestamp.pb-c.h>
#include <hearth/v1/common.pb-c.h>

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "json_field.h"

static json_t *must(json_t *value)
{
	if (value == NULL) {
		fputs("out of memory: json\n", stderr);
		abort();
	}
	return value;
}

/* ---- scalars ------------------------------------------------------------------- */

static json_t *encode_text(const char *text)
{
	if (text == NULL)
		text = "";
	size_t length = strlen(text);
	if (hearth_utf8_valid(text, length))
		return must(json_stringn_nocheck(text, length));
	/* Each byte that is not ASCII becomes U+FFFD: never seen but after a fault elsewhere. */
	char *mended = hearth_alloc(3 * length + 1);
	size_t at = 0;
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < 0x80) {
			mended[at++] = *text;
		} else {
			memcpy(mended + at, "\xef\xbf\xbd", 3);
			at += 3;
		}
	}
	json_t *value = must(json_stringn_nocheck(mended, at));
	free(mended);
	return value;
}

static json_t *encode_bytes(const ProtobufCBinaryData *bytes)
{
	size_t size = sodium_base64_encoded_len(bytes->len, sodium_base64_VARIANT_ORIGINAL);
	char *text = hearth_alloc(size);
	sodium_bin2base64(text, size, bytes->data, bytes->len, sodium_base64_VARIANT_ORIGINAL);
	json_t *value = must(json_string_nocheck(text));
	free(text);
	return value;
}

static json_t *encode_real(double number)
{
	if (isnan(number))
		return must(json_string("NaN"));
	if (isinf(number))
		return must(json_string(number > 0 ? "Infinity" : "-Infinity"));
	/* Fifteen digits are written: of the largest they are one more than a double holds. */
	const double most = 1.79769313486231e308;
	return must(json_real(number > most ? most : number < -most ? -most : number));
}

static json_t *encode_enum(const ProtobufCEnumDescriptor *descriptor, int number)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(descriptor, number);
	return value != NULL ? must(json_string(value->name)) : must(json_integer(number));
}

static json_t *encode_timestamp(const Google__Protobuf__Timestamp *time)
{
	char text[HEARTH_TIME_SIZE + 4];
	int64_t seconds = time->seconds;
	const int64_t least = -INT64_C(62135596800), most = INT64_C(253402300799);   /* years 1 to 9999 */
	seconds = seconds < least ? least : seconds > most ? most : seconds;
	int32_t nanos = time->nanos < 0 || time->nanos > 999999999 ? 0 : time->nanos;
	hearth_time_format(seconds * 1000000 + nanos / 1000, text);
	/* 0, 3, 6 or 9 digits, as proto3 JSON has it. */
	if (nanos == 0)
		memcpy(text + 19, "Z", 2);
	else if (nanos % 1000000 == 0)
		memcpy(text + 23, "Z", 2);
	else if (nanos % 1000 != 0)
		snprintf(text + 26, 5, "%03dZ", nanos % 1000);
	return must(json_string(text));
}

static json_t *encode_64(bool is_signed, const void *at)
{
	char text[24];
	if (is_signed)
		snprintf(text, sizeof(text), "%" PRId64, *(const int64_t *)at);
	else
		snprintf(text, sizeof(text), "%" PRIu64, *(const uint64_t *)at);
	return must(json_string(text));
}

static json_t *encode_message(const ProtobufCMessage *message, int flags)
{
	if (message->descriptor == &google__protobuf__timestamp__descriptor)
		return encode_timestamp((const Google__Protobuf__Timestamp *)message);
	return hearth_json_encode(message, flags);
}

static json_t *encode_value(const ProtobufCFieldDescriptor *field, const void *at, int flags)
{
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		return must(json_integer(*(const int32_t *)at));
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		return must(json_integer(*(const uint32_t *)at));
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return encode_64(true, at);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return encode_64(false, at);
	case PROTOBUF_C_TYPE_FLOAT:
		return encode_real((double)*(const float *)at);
	case PROTOBUF_C_TYPE_DOUBLE:
		return encode_real(*(const double *)at);
	case PROTOBUF_C_TYPE_BOOL:
		return must(json_boolean(*(const protobuf_c_boolean *)at));
	case PROTOBUF_C_TYPE_ENUM:
		return encode_enum(field->descriptor, *(const int *)at);
	case PROTOBUF_C_TYPE_STRING:
		return encode_text(*(char *const *)at);
	case PROTOBUF_C_TYPE_BYTES:
		return encode_bytes(at);
	case PROTOBUF_C_TYPE_MESSAGE:
		return encode_message(*(ProtobufCMessage *const *)at, flags);
	}
	abort();
}

/* ---- messages -------------------------------------------------------------------- */

static json_t *encode_repeated(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, int flags)
{
	json_t *array = must(json_array());
	size_t count = hearth_field_count(message, field);
	size_t size = hearth_field_size(field->type);
	const char *items = *(char *const *)hearth_field_at(message, field);
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(array, encode_value(field, items + i * size, flags)) != 0)
			must(NULL);
	return array;
}

static bool is_left_out(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, int flags)
{
	if ((flags & HEARTH_JSON_PUBLIC) != 0 && hearth_field_is_personal(field))
		return true;
	if (hearth_field_is_set(message, field))
		return false;
	bool has_default = field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED;
	return (flags & HEARTH_JSON_DEFAULTS) == 0 || !has_default || (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0;
}

json_t *hearth_json_encode(const ProtobufCMessage *message, int flags)
{
	json_t *object = must(json_object());
	for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
		if (is_left_out(message, field, flags))
			continue;
		json_t *value = field->label == PROTOBUF_C_LABEL_REPEATED
		    ? encode_repeated(message, field, flags)
		    : encode_value(field, hearth_field_at(message, field), flags);
		char camel[HEARTH_FIELD_NAME_MOST];
		const char *name = field->name;
		if ((flags & HEARTH_JSON_PROTO_NAMES) == 0) {
			hearth_field_camel(field->name, camel);
			name = camel;
		}
		if (json_object_set_new_nocheck(object, name, value) != 0)
			must(NULL);
	}
	return object;
}

char *hearth_json_print(struct hearth_arena *arena, const ProtobufCMessage *message, int flags)
{
	json_t *value = encode_message(message, flags);
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	json_decref(value);
	if (text == NULL)
		must(NULL);
	char *copy = hearth_arena_strdup(arena, text);
	free(text);
	return copy;
}
