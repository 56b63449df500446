/* json_call.h: calls of a test written as proto3 JSON, with the reply as JSON.
 *
 *	struct json_calls calls = { client, &hearth__placements__v1__placements__descriptor };
 *	json_t *reply = json_call(&calls, "GetChild", "{childId: '%s'}", id);          single quotes stand for double
 *	json_call_fails(&calls, HEARTH_NOT_FOUND, "NOT_FOUND", "GetChild", ...);
 *
 * A call that fails otherwise than expected fails the test. Replies are to be given back with json_decref.
 */
#ifndef TESTS_SUPPORT_JSON_CALL_H
#define TESTS_SUPPORT_JSON_CALL_H

#include <jansson.h>
#include <hearth/client.h>

struct json_calls {
	struct hearth_client *client;
	const ProtobufCServiceDescriptor *service;
};

/* The reply; never NULL. */
json_t *json_call(const struct json_calls *calls, const char *method, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with this request id; whether it was a replay. */
json_t *json_call_as(const struct json_calls *calls, const struct hearth_uuid *request_id, bool *ret_replayed,
                     const char *method, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The field that the refusal names, in a static buffer. */
const char *json_call_fails(const struct json_calls *calls, enum hearth_code code, const char *reason,
                            const char *method, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* What the last of them said to a person. */
const char *json_call_message(void);

/* A text or number at a dotted path ("placement.state", "children.0.id"); "" when there is none. Lives with the reply. */
const char *json_at(const json_t *reply, const char *path);
/* A number, also one that is written as text; -1 when there is none. */
json_int_t json_number_at(const json_t *reply, const char *path);
size_t json_count_at(const json_t *reply, const char *path);

#endif
