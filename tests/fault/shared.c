/* shared.c: what the parent and the drivers of a fault run know together. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fault.h"

#define WRITES_OF_A_JOURNEY 80
#define WRITES_OF_THE_SETUP 16

struct fault_shared *fault_shared_new(int journeys)
{
	size_t most = (size_t)journeys * WRITES_OF_A_JOURNEY + WRITES_OF_THE_SETUP;
	size_t bytes = sizeof(struct fault_shared) + most * sizeof(struct fault_write);
	struct fault_shared *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return NULL;
	shared->bytes = bytes;
	shared->most = most;
	return shared;
}

void fault_shared_free(struct fault_shared **shared)
{
	if (*shared != NULL)
		munmap(*shared, (*shared)->bytes);
	*shared = NULL;
}

void fault_break(struct fault_shared *shared, const char *format, ...)
{
	int none = 0;
	va_list rest;
	if (!atomic_compare_exchange_strong(&shared->broken, &none, 1))
		return;
	va_start(rest, format);
	vsnprintf(shared->why, sizeof shared->why, format, rest);
	va_end(rest);
	atomic_store(&shared->broken, 2);
}

/* "hearth.referrals.v1.Referrals/OpenReferral": service "referrals", method "OpenReferral". */
static void split_method(struct fault_write *write, const char *method)
{
	const char *begin = method + strlen("hearth."), *end = strchr(begin, '.');
	snprintf(write->service, sizeof write->service, "%.*s", (int)(end - begin), begin);
	hearth_text_copy(write->method, sizeof write->method, strchr(method, '/') + 1);
}

struct fault_write *fault_write_new(struct fault_shared *shared, const char *method, const char *authority,
                                    const char *caller, const char *key)
{
	size_t at = atomic_fetch_add(&shared->count, 1);
	if (at >= shared->most) {
		fprintf(stderr, "fault: more writes than %zu\n", shared->most);
		abort();
	}
	struct fault_write *write = &shared->writes[at];
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	hearth_uuid_format(&id, write->request_id);
	split_method(write, method);
	hearth_text_copy(write->authority, sizeof write->authority, authority);
	hearth_text_copy(write->caller, sizeof write->caller, caller);
	hearth_text_copy(write->key, sizeof write->key, key);
	return write;
}
