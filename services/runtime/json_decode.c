/* json_decode.c: proto3 JSON to messages.
 *
 * Promises: strict (json.h says how), bounded (1,024 nested levels, memory of
 * the caller's arena), and an error names the field by its dotted path in
 * proto names. A value that was given is never repeated in an error: it may
 * be a child's.
 */
#include <hearth/json.h>
#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/status.h>
#include <hearth/text.h>

#include <google/protobuf/timestamp.pb-c.h>
#include <hearth/v1/common.pb-c.h>

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_field.h"

#define LEVELS_MOST 1024
#define EXACT_MOST 9007199254740992.0    /* 2^53: above it a real number is not a whole number exactly */

struct decoder {
	struct hearth_arena *arena;
	int flags;
	struct hearth_status *status;
};

static int decode_message(const struct decoder *decoder, const ProtobufCMessageDescriptor *descriptor,
                          const json_t *value, const struct hearth_path *up, int depth,
                          ProtobufCMessage **ret_message);

static const char *type_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a truth value";
	case JSON_NULL:
		return "null";
	}
	return "something else";
}

static int fail_at(const struct decoder *decoder, const struct hearth_path *path, const char *what)
{
	char field[64];
	hearth_path_write(path, field, sizeof(field));
	return hearth_fail_field(decoder->status, field, "%s %s", field[0] != '\0' ? field : "the message", what);
}

static int fail_type(const struct decoder *decoder, const struct hearth_path *path, const char *expected,
                     const json_t *value)
{
	char what[120];
	snprintf(what, sizeof(what), "must be %s, not %s", expected, type_name(value));
	return fail_at(decoder, path, what);
}

/* ---- numbers ------------------------------------------------------------------------- */

/* A whole number as sign and magnitude, so that all of int64 and uint64 fit. */
struct whole {
	bool negative;
	uint64_t magnitude;
};

/* Strictly -?digits without leading zeros; 1: not a number, 2: too large. */
static int parse_whole(const char *text, struct whole *ret_whole)
{
	bool negative = *text == '-';
	text += negative;
	if (*text < '0' || *text > '9' || (text[0] == '0' && text[1] != '\0'))
		return 1;
	uint64_t magnitude = 0;
	bool large = false;
	for (; *text >= '0' && *text <= '9'; text++)
		large |= __builtin_mul_overflow(magnitude, UINT64_C(10), &magnitude) ||
		    __builtin_add_overflow(magnitude, (uint64_t)(*text - '0'), &magnitude);
	if (*text != '\0')
		return 1;
	if (large)
		return 2;
	*ret_whole = (struct whole){ negative && magnitude > 0, magnitude };
	return 0;
}

static int fail_range(const struct decoder *decoder, const struct hearth_path *path)
{
	return fail_at(decoder, path, "is out of range");
}

static int read_whole(const struct decoder *decoder, const json_t *value, const struct hearth_path *path,
                      struct whole *ret_whole)
{
	if (json_is_integer(value)) {
		json_int_t number = json_integer_value(value);
		*ret_whole = (struct whole){ number < 0, number < 0 ? 0 - (uint64_t)number : (uint64_t)number };
		return 0;
	}
	if (json_is_real(value)) {
		double number = json_real_value(value);
		if (!(fabs(number) <= EXACT_MOST))
			return fail_range(decoder, path);
		if (number != trunc(number))
			return fail_at(decoder, path, "must be a whole number");
		*ret_whole = (struct whole){ number < 0, (uint64_t)fabs(number) };
		return 0;
	}
	if (!json_is_string(value))
		return fail_type(decoder, path, "a whole number", value);
	int bad = strlen(json_string_value(value)) != json_string_length(value)
	    ? 1 : parse_whole(json_string_value(value), ret_whole);
	if (bad == 2)
		return fail_range(decoder, path);
	return bad == 0 ? 0 : fail_at(decoder, path, "must be a whole number");
}

static int decode_signed(const struct decoder *decoder, const json_t *value, const struct hearth_path *path,
                         uint64_t most, int64_t *ret_number)
{
	struct whole whole;
	if (read_whole(decoder, value, path, &whole) != 0)
		return -1;
	if (whole.magnitude > most + (whole.negative ? 1 : 0))
		return fail_range(decoder, path);
	*ret_number = (int64_t)(whole.negative ? 0 - whole.magnitude : whole.magnitude);
	return 0;
}

static int decode_unsigned(const struct decoder *decoder, const json_t *value, const struct hearth_path *path,
                           uint64_t most, uint64_t *ret_number)
{
	struct whole whole;
	if (read_whole(decoder, value, path, &whole) != 0)
		return -1;
	if (whole.negative || whole.magnitude > most)
		return fail_range(decoder, path);
	*ret_number = whole.magnitude;
	return 0;
}

static int decode_real(const struct decoder *decoder, const json_t *value, const struct hearth_path *path,
                       double *ret_number)
{
	if (json_is_number(value)) {
		*ret_number = json_number_value(value);
		return 0;
	}
	if (!json_is_string(value))
		return fail_type(decoder, path, "a number", value);
	const char *text = json_string_value(value);
	/* NaN and the infinities are proto3 JSON, but nothing that Hearth counts or measures can be one. */
	if (strcmp(text, "NaN") == 0 || strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0)
		return fail_at(decoder, path, "must be a finite number");
	char *end;
	errno = 0;
	double number = strtod(text, &end);
	if (text[strspn(text, "0123456789+-.eE")] != '\0' || end == text || *end != '\0')
		return fail_at(decoder, path, "must be a number");
	if (!isfinite(number))
		return fail_range(decoder, path);
	*ret_number = number;
	return 0;
}

static int decode_float(const struct decoder *decoder, const json_t *value, const struct hearth_path *path,
                        float *ret_number)
{
	double number;
	if (decode_real(decoder, value, path, &number) != 0)
		return -1;
	if (!isfinite((float)number))
		return fail_range(decoder, path);
	*ret_number = (float)number;
	return 0;
}

/* ---- texts ------------------------------------------------------------------------------- */

static int decode_string(const struct decoder *decoder, const json_t *value, const struct hearth_path *path,
                         char **ret_text)
{
	if (!json_is_string(value))
		return fail_type(decoder, path, "a text", value);
	size_t length = json_string_length(value);
	if (!hearth_utf8_valid(json_string_value(value), length))
		return fail_at(decoder, path, "must be valid UTF-8 without NUL");
	*ret_text = hearth_arena_memdup(decoder->arena, json_string_value(value), length);
	return 0;
}

static int decode_bytes(const struct decoder *decoder, const json_t *value, const struct hearth_path *path,
                        ProtobufCBinaryData *ret_bytes)
{
	/* Both alphabets, with padding or without, as proto3 JSON has it. */
	static const int variants[] = {
		sodium_base64_VARIANT_ORIGINAL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING,
		sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_URLSAFE_NO_PADDING
	};
	if (!json_is_string(value))
		return fail_type(decoder, path, "base64", value);
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);
	uint8_t *bytes = hearth_arena_alloc(decoder->arena, length / 4 * 3 + 3);
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		size_t size;
		if (sodium_base642bin(bytes, length / 4 * 3 + 3, text, length, NULL, &size, NULL, variants[i]) != 0)
			continue;
		ret_bytes->data = bytes;
		ret_bytes->len = size;
		return 0;
	}
	return fail_at(decoder, path, "must be base64");
}

static int decode_enum(const struct decoder *decoder, const ProtobufCEnumDescriptor *descriptor,
                       const json_t *value, const struct hearth_path *path, int *ret_number)
{
	if (json_is_string(value)) {
		const ProtobufCEnumValue *known =
		    protobuf_c_enum_descriptor_get_value_by_name(descriptor, json_string_value(value));
		if (known != NULL) {
			*ret_number = known->value;
			return 0;
		}
	} else {
		int64_t number;
		if (decode_signed(decoder, value, path, INT32_MAX, &number) != 0)
			return -1;
		if ((decoder->flags & HEARTH_JSON_LENIENT) != 0 ||
		    protobuf_c_enum_descriptor_get_value(descriptor, (int)number) != NULL) {
			*ret_number = (int)number;
			return 0;
		}
	}
	char what[200] = "must be one of";
	size_t at = strlen(what);
	for (unsigned i = 0; i < descriptor->n_values && at < sizeof(what) - 1; i++) {
		int wrote = snprintf(what + at, sizeof(what) - at, " %s", descriptor->values[i].name);
		at += wrote > 0 ? (size_t)wrote : 0;
	}
	return fail_at(decoder, path, what);
}

/* ---- time ---------------------------------------------------------------------------------- */

/* "+01:00" as seconds; -1 when malformed. */
static int parse_offset(const char *text, int64_t *ret_seconds)
{
	for (int i = 1; i < 6; i++)
		if (i == 3 ? text[i] != ':' : text[i] < '0' || text[i] > '9')
			return -1;
	int hours = (text[1] - '0') * 10 + text[2] - '0';
	int minutes = (text[4] - '0') * 10 + text[5] - '0';
	if (hours > 23 || minutes > 59)
		return -1;
	*ret_seconds = (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
	return 0;
}

/* RFC 3339: what hearth_time_parse reads, and an offset instead of Z. -1 when malformed. */
static int parse_timestamp(const char *text, int64_t *ret_seconds, int32_t *ret_nanos)
{
	char utc[HEARTH_TIME_SIZE + 4];
	size_t length = strlen(text);
	int64_t offset = 0, us;
	if (length < 20 || length >= sizeof(utc) + 5)
		return -1;
	size_t local = length - 1;
	if (text[length - 1] != 'Z') {
		local = length - 6;
		if (local < 19 || (text[local] != '+' && text[local] != '-') || parse_offset(text + local, &offset) != 0)
			return -1;
	}
	if (local + 2 > sizeof(utc))
		return -1;
	memcpy(utc, text, local);
	memcpy(utc + local, "Z", 2);
	if (hearth_time_parse(utc, &us, NULL) != 0)
		return -1;
	int32_t nanos = 0, unit = 100000000;
	for (const char *digit = utc[19] == '.' ? utc + 20 : "Z"; *digit != 'Z'; digit++, unit /= 10)
		nanos += (*digit - '0') * unit;
	int64_t seconds = us / 1000000 - (us % 1000000 < 0 ? 1 : 0);
	*ret_seconds = seconds - offset;
	*ret_nanos = nanos;
	return 0;
}

static int decode_timestamp(const struct decoder *decoder, const json_t *value, const struct hearth_path *path,
                            ProtobufCMessage **ret_message)
{
	if (!json_is_string(value))
		return fail_type(decoder, path, "a time (2024-03-31T09:30:00Z)", value);
	Google__Protobuf__Timestamp *time = hearth_arena_alloc(decoder->arena, sizeof(*time));
	google__protobuf__timestamp__init(time);
	if (parse_timestamp(json_string_value(value), &time->seconds, &time->nanos) != 0)
		return fail_at(decoder, path, "must be a time (2024-03-31T09:30:00Z), years 1900 to 2199");
	*ret_message = &time->base;
	return 0;
}

/* ---- values ------------------------------------------------------------------------------ */

static int decode_value(const struct decoder *decoder, const ProtobufCFieldDescriptor *field, const json_t *value,
                        const struct hearth_path *path, int depth, void *ret_value)
{
	int64_t number;
	uint64_t natural = 0;
	switch (field->type) {
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_SINT32:
	case PROTOBUF_C_TYPE_SFIXED32:
		if (decode_signed(decoder, value, path, INT32_MAX, &number) != 0)
			return -1;
		*(int32_t *)ret_value = (int32_t)number;
		return 0;
	case PROTOBUF_C_TYPE_UINT32:
	case PROTOBUF_C_TYPE_FIXED32:
		if (decode_unsigned(decoder, value, path, UINT32_MAX, &natural) != 0)
			return -1;
		*(uint32_t *)ret_value = (uint32_t)natural;
		return 0;
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
		return decode_signed(decoder, value, path, INT64_MAX, ret_value);
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
		return decode_unsigned(decoder, value, path, UINT64_MAX, ret_value);
	case PROTOBUF_C_TYPE_FLOAT:
		return decode_float(decoder, value, path, ret_value);
	case PROTOBUF_C_TYPE_DOUBLE:
		return decode_real(decoder, value, path, ret_value);
	case PROTOBUF_C_TYPE_BOOL:
		if (!json_is_boolean(value))
			return fail_type(decoder, path, "true or false", value);
		*(protobuf_c_boolean *)ret_value = json_is_true(value);
		return 0;
	case PROTOBUF_C_TYPE_ENUM:
		return decode_enum(decoder, field->descriptor, value, path, ret_value);
	case PROTOBUF_C_TYPE_STRING:
		return decode_string(decoder, value, path, ret_value);
	case PROTOBUF_C_TYPE_BYTES:
		return decode_bytes(decoder, value, path, ret_value);
	case PROTOBUF_C_TYPE_MESSAGE:
		return decode_message(decoder, field->descriptor, value, path, depth + 1, ret_value);
	}
	abort();
}

static int decode_list(const struct decoder *decoder, const ProtobufCFieldDescriptor *field, const json_t *value,
                       const struct hearth_path *up, int depth, ProtobufCMessage *message)
{
	struct hearth_path path = { up, field->name, -1 };
	if (!json_is_array(value))
		return fail_type(decoder, &path, "a list", value);
	size_t count = json_array_size(value);
	size_t size = hearth_field_size(field->type);
	if (count == 0)
		return 0;
	char *items = hearth_arena_alloc(decoder->arena, count * size);
	for (size_t i = 0; i < count; i++) {
		path.index = (long)i;
		if (decode_value(decoder, field, json_array_get(value, i), &path, depth, items + i * size) != 0)
			return -1;
	}
	*(char **)hearth_field_at(message, field) = items;
	*(size_t *)hearth_field_quantifier(message, field) = count;
	return 0;
}

/* ---- messages ------------------------------------------------------------------------------ */

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *descriptor, const char *key)
{
	const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(descriptor, key);
	if (field != NULL)
		return field;
	for (unsigned i = 0; i < descriptor->n_fields; i++) {
		char camel[HEARTH_FIELD_NAME_MOST];
		hearth_field_camel(descriptor->fields[i].name, camel);
		if (strcmp(camel, key) == 0)
			return &descriptor->fields[i];
	}
	return NULL;
}

static int decode_field(const struct decoder *decoder, const ProtobufCFieldDescriptor *field, const json_t *value,
                        const struct hearth_path *up, int depth, ProtobufCMessage *message)
{
	/* null is the default, that is unknown. */
	if (json_is_null(value))
		return 0;
	if (field->label == PROTOBUF_C_LABEL_REPEATED)
		return decode_list(decoder, field, value, up, depth, message);
	struct hearth_path path = { up, field->name, -1 };
	if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0) {
		uint32_t *which = hearth_field_quantifier(message, field);
		if (*which != 0)
			return fail_at(decoder, &path, "excludes another field that is given too");
		*which = field->id;
	}
	return decode_value(decoder, field, value, &path, depth, hearth_field_at(message, field));
}

static int decode_key(const struct decoder *decoder, const char *key, const json_t *value,
                      const struct hearth_path *up, int depth, uint8_t *seen, ProtobufCMessage *message)
{
	const ProtobufCMessageDescriptor *descriptor = message->descriptor;
	const ProtobufCFieldDescriptor *field = find_field(descriptor, key);
	if (field == NULL) {
		if ((decoder->flags & HEARTH_JSON_LENIENT) != 0)
			return 0;
		char name[41];
		hearth_text_copy(name, sizeof(name), key);
		struct hearth_path path = { up, name, -1 };
		return fail_at(decoder, &path, "is not a field of this message");
	}
	size_t index = (size_t)(field - descriptor->fields);
	struct hearth_path path = { up, field->name, -1 };
	/* The same field in both spellings: jansson saw two keys. */
	if ((seen[index / 8] >> (index % 8) & 1) != 0)
		return fail_at(decoder, &path, "is given twice");
	seen[index / 8] = (uint8_t)(seen[index / 8] | 1u << (index % 8));
	return decode_field(decoder, field, value, up, depth, message);
}

/* Descriptors made at run time have no function that initialises: unpacking nothing does the same. */
static ProtobufCMessage *new_message(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
	if (!descriptor->message_init)
		return protobuf_c_message_unpack(descriptor, hearth_arena_allocator(arena), 0, NULL);
	ProtobufCMessage *message = hearth_arena_alloc(arena, descriptor->sizeof_message);
	protobuf_c_message_init(descriptor, message);
	return message;
}

static int decode_message(const struct decoder *decoder, const ProtobufCMessageDescriptor *descriptor,
                          const json_t *value, const struct hearth_path *up, int depth,
                          ProtobufCMessage **ret_message)
{
	if (depth > LEVELS_MOST)
		return fail_at(decoder, up, "is nested too deeply");
	if (descriptor == &google__protobuf__timestamp__descriptor)
		return decode_timestamp(decoder, value, up, ret_message);
	if (!json_is_object(value))
		return fail_type(decoder, up, "an object", value);
	ProtobufCMessage *message = new_message(decoder->arena, descriptor);
	uint8_t *seen = hearth_arena_alloc(decoder->arena, descriptor->n_fields / 8 + 1);
	/* Iterating changes nothing of the value; jansson's iterator is not const. */
	json_t *object = (json_t *)(uintptr_t)value;
	for (void *at = json_object_iter(object); at != NULL; at = json_object_iter_next(object, at))
		if (decode_key(decoder, json_object_iter_key(at), json_object_iter_value(at), up, depth, seen, message) != 0)
			return -1;
	*ret_message = message;
	return 0;
}

int hearth_json_decode(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor,
                       const json_t *value, int flags, ProtobufCMessage **ret_message, struct hearth_status *status)
{
	struct decoder decoder = { arena, flags, status };
	return decode_message(&decoder, descriptor, value, NULL, 0, ret_message);
}

/* ---- text -------------------------------------------------------------------------------- */

/* jansson nests by recursion, 2,048 deep, when it reads and again when it frees. */
static bool is_too_deep(const char *text, size_t size)
{
	size_t depth = 0;
	bool quoted = false;
	for (size_t i = 0; i < size; i++) {
		char c = text[i];
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > LEVELS_MOST)
				return true;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return false;
}

static const char *explain(const json_error_t *error)
{
	switch (json_error_code(error)) {
	case json_error_duplicate_key:
		return "a key is given twice";
	case json_error_invalid_utf8:
		return "the text is not valid UTF-8";
	case json_error_null_character:
	case json_error_null_byte_in_key:
		return "a text holds NUL";
	case json_error_numeric_overflow:
		return "a number is out of range";
	case json_error_premature_end_of_input:
		return "the text ends too early";
	case json_error_end_of_input_expected:
		return "something follows the value";
	default:
		return "the text is not JSON";
	}
}

int hearth_json_parse(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor,
                      const char *text, size_t size, int flags, ProtobufCMessage **ret_message,
                      struct hearth_status *status)
{
	const size_t options = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY;
	if (is_too_deep(text, size))
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "INVALID_JSON", "the text nests more than %d levels",
		                   LEVELS_MOST);
	json_error_t error;
	json_t *value = json_loadb(text, size, options, &error);
	/* A whole number past int64 is read as a real one, so that the field that holds it can be named: no whole field
	 * takes a real number that large. */
	if (value == NULL && json_error_code(&error) == json_error_numeric_overflow)
		value = json_loadb(text, size, options | JSON_DECODE_INT_AS_REAL, &error);
	if (value == NULL)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "INVALID_JSON", "line %d, column %d: %s", error.line,
		                   error.column, explain(&error));
	int result = hearth_json_decode(arena, descriptor, value, flags, ret_message, status);
	json_decref(value);
	return result;
}
