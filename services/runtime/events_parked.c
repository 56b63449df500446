/* events_parked.c: what operators see of parked events, and what they order (consumer_park.c follows the orders). */
#include "process.h"

#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include <hearth/events/v1/events.pb-c.h>
#include <hearth/json.h>

#define MOST_WHY 200

int hearth_parked_plan_get(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Events__V1__GetParkedRequest *request = hearth_call_request(call);     /* RetryParked's is alike */
	hearth_bind_text(call, "order", "RETRY");
	hearth_bind_text(call, "why", "");
	return hearth_check_range(request->id, 1, INT64_MAX, "id", status);
}

int hearth_parked_plan_skip(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Events__V1__SkipParkedRequest *request = hearth_call_request(call);
	hearth_bind_text(call, "order", "SKIP");
	if (hearth_check_range(request->id, 1, INT64_MAX, "id", status) < 0)
		return -1;
	return hearth_check_text(request->why, 1, MOST_WHY, "why", status);
}

int hearth_bootstrap_plan(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Events__V1__BootstrapRequest *request = hearth_call_request(call);
	const struct hearth_source *source = call->process->service->hears;
	while (source && source->service && strcmp(source->service, request->source) != 0)
		source++;
	if (!source || !source->service)
		return hearth_fail_field(status, "source", "source is no service that %s hears", call->process->service->name);
	return 0;
}

/* ---- one of them ---- */

static const ProtobufCMessageDescriptor *message_of(const struct hearth_process *process, const Hearth__Events__V1__Event *event)
{
	for (const struct hearth_source *source = process->service->hears; source && source->service; source++)
		for (const struct hearth_effect *effect = source->effects; effect && effect->type; effect++)
			if (strcmp(source->service, event->source) == 0 && strcmp(effect->type, event->type) == 0)
				return effect->message;
	return NULL;
}

/* Its data without what is personal; without any when its message is not known here. */
static void make_public(struct hearth_call *call, Hearth__Events__V1__Event *event)
{
	const ProtobufCMessageDescriptor *descriptor = message_of(call->process, event);
	ProtobufCMessage *message = descriptor ? protobuf_c_message_unpack(descriptor, hearth_arena_allocator(call->arena),
	                                                                   event->data.len, event->data.data)
	                                       : NULL;
	event->data.len = 0;
	if (!message)
		return;
	hearth_message_make_public(message);
	event->data.len = protobuf_c_message_get_packed_size(message);
	event->data.data = hearth_arena_alloc(call->arena, event->data.len + 1);
	protobuf_c_message_pack(message, event->data.data);
}

static Hearth__Events__V1__Event *read_event(struct hearth_call *call, const char *hex)
{
	size_t size, length = hex ? strlen(hex) : 0;
	if (length < 2)
		return NULL;
	uint8_t *packed = hearth_arena_alloc(call->arena, length);
	if (sodium_hex2bin(packed, length, hex + 2, length - 2, NULL, &size, NULL) != 0)
		return NULL;
	return hearth__events__v1__event__unpack(hearth_arena_allocator(call->arena), size, packed);
}

/* The statement gives the event as it lies parked in its column `detail`, which is mapped to nothing. */
int hearth_parked_reply_get(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_status *status)
{
	Hearth__Events__V1__GetParkedResponse *reply = hearth_call_reply(call);
	if (hearth_rows_count(rows) == 0) {
		hearth_refusal_status(call->process, "NOT_FOUND", NULL, status);
		return -1;
	}
	if (hearth_rows_fill(call, rows, 0, &reply->base, status) < 0)
		return -1;
	reply->event = read_event(call, hearth_rows_text(rows, 0, "detail"));
	if (reply->event)
		make_public(call, reply->event);
	return 0;
}
