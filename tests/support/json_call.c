/* json_call.c: from JSON to a packed request and back, through the descriptors of a service. */
#include "json_call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <hearth/arena.h>
#include <hearth/json.h>

struct outcome {
	struct hearth_status status;
	json_t *reply;
	bool replayed;
};

static ProtobufCMessage *request_of(struct hearth_arena *arena, const ProtobufCMessageDescriptor *descriptor,
                                    const char *format, va_list arguments)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	ProtobufCMessage *request = NULL;
	char *text = hearth_arena_vprintf(arena, format, arguments);
	for (char *at = text; *at != '\0'; at++)
		if (*at == '\'')
			*at = '"';
	if (hearth_json_parse(arena, descriptor, text, strlen(text), 0, &request, &status) != 0)
		ck_abort_msg("%s: %s", descriptor->name, status.message);
	return request;
}

static struct outcome call(const struct json_calls *calls, const struct hearth_uuid *id, const char *name,
                           const char *format, va_list arguments)
{
	struct outcome outcome = { .status = HEARTH_STATUS_INIT };
	const ProtobufCMethodDescriptor *method = protobuf_c_service_descriptor_get_method_by_name(calls->service, name);
	ck_assert_msg(method != NULL, "no method %s", name);
	struct hearth_arena *arena = hearth_arena_new();
	const ProtobufCMessage *request = request_of(arena, method->input, format, arguments);
	const struct hearth_call_options options = { .request_id = id };
	ProtobufCMessage *reply = NULL;
	char full[128];
	snprintf(full, sizeof full, "%s/%s", calls->service->name, name);
	if (hearth_client_call(calls->client, full, request, method->output, &options, NULL, &reply, &outcome.replayed,
	                       &outcome.status) == 0) {
		outcome.reply = hearth_json_encode(reply, HEARTH_JSON_DEFAULTS);
		protobuf_c_message_free_unpacked(reply, NULL);
	}
	hearth_arena_free(&arena);
	return outcome;
}

json_t *json_call(const struct json_calls *calls, const char *method, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct outcome outcome = call(calls, NULL, method, format, arguments);
	va_end(arguments);
	ck_assert_msg(outcome.reply != NULL, "%s: %s %s", method, outcome.status.reason, outcome.status.message);
	return outcome.reply;
}

json_t *json_call_as(const struct json_calls *calls, const struct hearth_uuid *request_id, bool *ret_replayed,
                     const char *method, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	struct outcome outcome = call(calls, request_id, method, format, arguments);
	va_end(arguments);
	ck_assert_msg(outcome.reply != NULL, "%s: %s %s", method, outcome.status.reason, outcome.status.message);
	*ret_replayed = outcome.replayed;
	return outcome.reply;
}

static char last_message[400];

const char *json_call_message(void)
{
	return last_message;
}

const char *json_call_fails(const struct json_calls *calls, enum hearth_code code, const char *reason,
                            const char *method, const char *format, ...)
{
	static char field[64];
	va_list arguments;
	va_start(arguments, format);
	struct outcome outcome = call(calls, NULL, method, format, arguments);
	va_end(arguments);
	ck_assert_msg(outcome.reply == NULL, "%s was not refused", method);
	ck_assert_msg(outcome.status.code == code, "%s: %s %s", method, outcome.status.reason, outcome.status.message);
	ck_assert_str_eq(outcome.status.reason, reason);
	snprintf(field, sizeof field, "%s", outcome.status.field);
	snprintf(last_message, sizeof last_message, "%s", outcome.status.message);
	return field;
}

static const json_t *find(const json_t *at, const char *path)
{
	char name[64];
	while (at != NULL && *path != '\0') {
		size_t size = strcspn(path, ".");
		snprintf(name, sizeof name, "%.*s", (int)size, path);
		at = json_is_array(at) ? json_array_get(at, strtoul(name, NULL, 10)) : json_object_get(at, name);
		path += size + (path[size] == '.');
	}
	return at;
}

const char *json_at(const json_t *reply, const char *path)
{
	const char *text = json_string_value(find(reply, path));
	return text != NULL ? text : "";
}

json_int_t json_number_at(const json_t *reply, const char *path)
{
	const json_t *value = find(reply, path);
	if (json_is_string(value))
		return strtoll(json_string_value(value), NULL, 10);
	return json_is_integer(value) ? json_integer_value(value) : -1;
}

size_t json_count_at(const json_t *reply, const char *path)
{
	return json_array_size(find(reply, path));
}
