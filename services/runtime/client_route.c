/* client_route.c: which instance takes a call, and what waits for one.
 *
 * Promises: a call goes to the instance with the fewest outstanding, equals taking turns; one that leaves, is full or
 * ejected gets none; one that refused the call or is silent for a moment is passed over while there are others,
 * and so is one that said that it does not serve the method; what waits keeps its order and is bounded.
 */
#include "client_parts.h"

#include <stdint.h>
#include <string.h>

#include <hearth/clock.h>

enum choice { CHOSEN, ALL_FULL, NONE_READY };

static bool is_silent(const struct instance *instance, int64_t now)
{
	return instance->calls.count > 0 && now - instance->heard_us > CLIENT_SILENT_US;
}

static uint64_t method_hash(const char *method)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (; *method; method++)
		hash = (hash ^ (uint8_t)*method) * UINT64_C(1099511628211);
	return hash;
}

static bool has_refused(const struct instance *instance, const struct call *call)
{
	uint64_t hash = instance->refused_count ? method_hash(call->method) : 0;

	for (size_t i = 0; i < instance->refused_count; i++)
		if (instance->refused[i] == hash)
			return true;
	return false;
}

bool client_learn_refusal(struct instance *instance, const struct call *call)
{
	if (has_refused(instance, call))
		return false;
	if (instance->refused_count == CLIENT_REFUSED_MOST)
		memmove(instance->refused, instance->refused + 1, (--instance->refused_count) * sizeof instance->refused[0]);
	instance->refused[instance->refused_count++] = method_hash(call->method);
	return true;
}

bool client_is_usable(const struct instance *instance)
{
	return instance->ready && instance->seen && !instance->draining && !instance->ejected;
}

/* The fewest outstanding; those that refused the call or are silent only when there are no others. */
static enum choice choose(struct service *service, const struct call *call, struct instance **ret_instance)
{
	int64_t now = service->instances ? hearth_clock_mono() : 0;
	size_t best = SIZE_MAX, index = 0;
	enum choice choice = NONE_READY;

	service->turn++;
	for (struct instance *instance = service->instances; instance; instance = instance->next, index++) {
		size_t rank;

		if (!client_is_usable(instance) || instance->clogged)
			continue;
		if (choice == NONE_READY)
			choice = ALL_FULL;
		if (instance->calls.count >= CLIENT_PER_INSTANCE)
			continue;
		rank = instance->calls.count * CLIENT_INSTANCES_MOST + (index + service->turn) % service->instance_count;
		if (instance->serial == call->avoid || is_silent(instance, now) || has_refused(instance, call))
			rank += SIZE_MAX / 2;
		if (rank < best) {
			best = rank;
			*ret_instance = instance;
			choice = CHOSEN;
		}
	}
	return choice;
}

static enum choice choose_target(const struct call *call, struct instance **ret_instance, bool *ret_absent)
{
	struct instance *instance = client_find_instance(call->service, call->target);

	*ret_absent = !instance;
	if (!instance || !instance->ready || instance->clogged)
		return NONE_READY;
	if (instance->calls.count >= CLIENT_PER_INSTANCE)
		return ALL_FULL;
	*ret_instance = instance;
	return CHOSEN;
}

/* A first try is refused by return value, a later one by callback. */
static int refuse(struct call *call, struct hearth_status *status, const struct hearth_status *why)
{
	if (status) {
		*status = *why;
		return -1;
	}
	client_finish_failed(call, why);
	return -1;
}

static int wait_for_instance(struct call *call, struct hearth_status *status)
{
	struct hearth_status why = HEARTH_STATUS_INIT;
	struct call_list *list = call->target[0] ? &call->service->targeted : &call->service->waiting;

	if (list->count < CLIENT_WAITING_MOST) {
		client_list_add(list, call);
		return 0;
	}
	hearth_fail(&why, HEARTH_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", "%d calls wait for an instance of %s already",
	            CLIENT_WAITING_MOST, call->service->name);
	return refuse(call, status, &why);
}

int client_dispatch(struct call *call, struct hearth_status *status)
{
	struct service *service = call->service;
	struct hearth_status why = HEARTH_STATUS_INIT;
	struct instance *instance = NULL;
	bool absent = false;
	enum choice choice;

	if (status && service->waiting.count > 0 && !call->target[0])
		return wait_for_instance(call, status);      /* behind those that came before */
	choice = call->target[0] ? choose_target(call, &instance, &absent) : choose(service, call, &instance);
	if (choice == CHOSEN && client_transmit(instance, call) == 0)
		return 0;
	if (absent) {
		client_no_instance(call, &why);
		return refuse(call, status, &why);
	}
	if (choice == ALL_FULL && status) {
		hearth_fail(&why, HEARTH_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS",
		            "every instance of %s has %d calls of this client outstanding", service->name, CLIENT_PER_INSTANCE);
		return refuse(call, status, &why);
	}
	return wait_for_instance(call, status);
}

static void flush_targeted(struct service *service)
{
	struct call_list waiting = { .first = NULL };
	struct call *call;

	while ((call = service->targeted.first)) {
		client_list_remove(call);
		client_list_add(&waiting, call);
	}
	while ((call = waiting.first)) {
		client_list_remove(call);
		client_dispatch(call, NULL);
	}
}

void client_flush(struct service *service)
{
	struct instance *instance = NULL;
	struct call *call;

	while ((call = service->waiting.first))
		if (choose(service, call, &instance) != CHOSEN || client_transmit(instance, call))
			break;
	flush_targeted(service);
}
