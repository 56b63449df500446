/* reflection.c: what a process speaks: its contracts with their comments, as the build embedded them, and its tables.
 *
 * The answer is the same for every caller and holds nothing but what is in the program. It goes out at once: no statement
 * stands behind it, so it is there before the database is.
 */
#include "process.h"

#include <string.h>

#include <hearth/control/v1/control.pb-c.h>
#include <hearth/text.h>
#include <hearth/v1/common.pb-c.h>

typedef Hearth__Control__V1__GetDescriptorsResponse reply_message;

static Hearth__Control__V1__MethodKind kind_of(enum hearth_kind kind)
{
	switch (kind) {
	case HEARTH_READ:
		return HEARTH__CONTROL__V1__METHOD_KIND__READ;
	case HEARTH_SLOW:
		return HEARTH__CONTROL__V1__METHOD_KIND__SLOW;
	case HEARTH_WRITE:
		return HEARTH__CONTROL__V1__METHOD_KIND__WRITE;
	case HEARTH_COMPUTE:
		return HEARTH__CONTROL__V1__METHOD_KIND__COMPUTE;
	}
	return HEARTH__CONTROL__V1__METHOD_KIND__METHOD_KIND_UNSPECIFIED;
}

static void fill_roles(struct hearth_arena *arena, uint32_t roles, Hearth__Control__V1__MethodInfo *info)
{
	const ProtobufCEnumDescriptor *known = &hearth__v1__role__descriptor;
	info->anyone = roles == HEARTH_ANYONE;
	if (info->anyone)
		return;
	info->roles = hearth_arena_alloc(arena, known->n_values * sizeof *info->roles);
	for (unsigned i = 0; i < known->n_values; i++)
		if (known->values[i].value != 0 && (roles & HEARTH_ROLE(known->values[i].value)))
			info->roles[info->n_roles++] = (Hearth__V1__Role)known->values[i].value;
}

static void fill_methods(struct hearth_arena *arena, const struct hearth_process *process, reply_message *reply)
{
	reply->methods = hearth_arena_alloc(arena, (process->route_count + 1) * sizeof *reply->methods);
	for (size_t i = 0; i < process->route_count; i++) {
		const struct hearth_route *route = &process->routes[i];
		Hearth__Control__V1__MethodInfo *info = hearth_arena_alloc(arena, sizeof *info);
		hearth__control__v1__method_info__init(info);
		info->name = (char *)route->full_name;
		info->kind = kind_of(route->method->kind);
		info->waits = route->wait_ms != NULL;
		fill_roles(arena, route->method->roles, info);
		reply->methods[reply->n_methods++] = info;
	}
}

static void fill_events(struct hearth_arena *arena, const struct hearth_told *told, reply_message *reply)
{
	size_t count = 0;
	while (told && told[count].type)
		count++;
	reply->events = hearth_arena_alloc(arena, (count + 1) * sizeof *reply->events);
	for (; told && told->type; told++) {
		Hearth__Control__V1__EventInfo *info = hearth_arena_alloc(arena, sizeof *info);
		hearth__control__v1__event_info__init(info);
		info->type = (char *)told->type;
		info->message = (char *)told->message->name;
		reply->events[reply->n_events++] = info;
	}
}

static void fill_refusals(struct hearth_arena *arena, const struct hearth_refusal *refusal, reply_message *reply)
{
	size_t count = 0;
	while (refusal && refusal[count].reason)
		count++;
	reply->refusals = hearth_arena_alloc(arena, (count + 1) * sizeof *reply->refusals);
	for (; refusal && refusal->reason; refusal++) {
		Hearth__Control__V1__RefusalInfo *info = hearth_arena_alloc(arena, sizeof *info);
		hearth__control__v1__refusal_info__init(info);
		info->reason = (char *)refusal->reason;
		info->code = (char *)hearth_code_name(refusal->code);
		info->field = (char *)(refusal->field ? refusal->field : "");
		info->message = (char *)refusal->message;
		reply->refusals[reply->n_refusals++] = info;
	}
}

static void fill_bounds(struct hearth_arena *arena, const struct hearth_process *process, reply_message *reply)
{
	Hearth__Control__V1__Bounds *bounds = hearth_arena_alloc(arena, sizeof *bounds);
	hearth__control__v1__bounds__init(bounds);
	bounds->text_bytes = HEARTH_TEXT_MOST;
	bounds->items = (int64_t)(process->service->most_items ? process->service->most_items : HEARTH_ITEMS_MOST);
	bounds->page = HEARTH_PAGE_MOST;
	bounds->export_page = HEARTH_EXPORT_MOST;
	bounds->wait_ms = HEARTH_WAIT_MS_MOST;
	bounds->message_bytes = hearth_config_int(process->config, "most-message");
	reply->bounds = bounds;
}

static int get_descriptors(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Control__V1__GetDescriptorsRequest *request = hearth_call_request(call);
	const struct hearth_process *process = call->process;
	const struct hearth_contracts *contracts = process->service->contracts;
	reply_message *reply = hearth_call_reply(call);
	uint8_t hash[HEARTH_HASH_SIZE];
	if (!contracts)
		return hearth_fail(status, HEARTH_UNIMPLEMENTED, "NO_CONTRACTS", "this program was built without its contracts");
	hearth_hash(contracts->bytes, contracts->size, hash);
	reply->hash = hearth_arena_alloc(call->arena, 2 * sizeof hash + 1);
	hearth_hex(hash, sizeof hash, reply->hash);
	if (strcmp(request->known_hash, reply->hash) != 0)
		reply->file_descriptor_set = (ProtobufCBinaryData){ contracts->size, (uint8_t *)contracts->bytes };
	reply->service = (char *)process->service->name;
	reply->contract = (char *)process->service->contract->name;
	fill_methods(call->arena, process, reply);
	fill_events(call->arena, process->service->tells, reply);
	fill_refusals(call->arena, process->service->refusals, reply);
	fill_bounds(call->arena, process, reply);
	return 0;
}

const struct hearth_method hearth_reflection_methods[] = {
	{ .name = "GetDescriptors", .kind = HEARTH_READ, .roles = HEARTH_ANYONE, .plan = get_descriptors },
	{ 0 },
};
