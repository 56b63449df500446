/* client_names.c: dns:// addresses of a client's services: every address of a name is an instance.
 *
 * Promises: a name is looked up again every two seconds while the service is in use, and soon after an instance was
 * lost; never twice at once. A lookup that fails changes nothing: what was known stays. One that succeeds replaces what
 * was known.
 */
#include "client_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "resolver.h"

#define AGAIN_US INT64_C(2000000)
#define LOST_AGAIN_US INT64_C(200000)    /* with an instance just lost, or nothing known yet */

struct located_name {
	struct service *service;
	struct hearth_lookup *lookup;        /* while it runs */
	struct hearth_ip *ips;
	size_t ip_count;
	int64_t asked_us;
	bool asked, hasty;
	char host[HEARTH_HOST_MOST + 1], port[6], trouble[80];
};

static void found(void *context, const struct hearth_ip *ips, size_t count, const char *trouble)
{
	struct located_name *name = context;

	name->lookup = NULL;
	hearth_text_copy(name->trouble, sizeof name->trouble, trouble ? trouble : "");
	if (count == 0)
		return;
	free(name->ips);
	name->ips = hearth_alloc(count * sizeof *ips);
	memcpy(name->ips, ips, count * sizeof *ips);
	name->ip_count = count;
	client_look(name->service);
}

static bool is_due(const struct located_name *name)
{
	int64_t wait = name->hasty || name->ip_count == 0 ? LOST_AGAIN_US : AGAIN_US;

	return !name->lookup && (!name->asked || hearth_clock_mono() - name->asked_us >= wait);
}

static void ask(struct located_name *name)
{
	struct hearth_client *client = name->service->client;

	if (!client->resolver)
		client->resolver = hearth_resolver_new(client->loop);
	name->asked_us = hearth_clock_mono();
	name->asked = true;
	name->hasty = false;
	name->lookup = hearth_resolver_ask(client->resolver, name->host, found, name);
}

static void tell_known(const struct located_name *name, hearth_instance_found *tell)
{
	char endpoint[HEARTH_ENDPOINT_SIZE];

	for (size_t i = 0; i < name->ip_count; i++) {
		const char *ip = name->ips[i].text;

		snprintf(endpoint, sizeof endpoint, strchr(ip, ':') ? "tcp://[%s]:%s" : "tcp://%s:%s", ip, name->port);
		tell(name->service, endpoint);
	}
}

void client_names_look(struct service *service, hearth_instance_found *tell)
{
	for (size_t i = 0; i < service->name_count; i++) {
		tell_known(&service->names[i], tell);
		if (is_due(&service->names[i]))
			ask(&service->names[i]);
	}
}

void client_names_lost(struct service *service)
{
	for (size_t i = 0; i < service->name_count; i++)
		service->names[i].hasty = true;
}

bool client_names_pending(const struct service *service)
{
	for (size_t i = 0; i < service->name_count; i++)
		if (service->names[i].lookup && service->names[i].ip_count == 0)
			return true;
	return false;
}

const char *client_names_trouble(const struct service *service)
{
	for (size_t i = 0; i < service->name_count; i++)
		if (*service->names[i].trouble)
			return service->names[i].trouble;
	return "";
}

void client_names_set(struct service *service, const struct hearth_address *addresses, size_t count)
{
	client_names_free(service);
	service->names = hearth_alloc((count + 1) * sizeof *service->names);
	for (size_t i = 0; i < count; i++) {
		struct located_name *name = &service->names[service->name_count];

		if (!addresses[i].dns)
			continue;
		memset(name, 0, sizeof *name);
		name->service = service;
		hearth_text_copy(name->host, sizeof name->host, addresses[i].text);
		hearth_text_copy(name->port, sizeof name->port, addresses[i].port);
		service->name_count++;
	}
}

void client_names_free(struct service *service)
{
	for (size_t i = 0; i < service->name_count; i++) {
		hearth_lookup_cancel(&service->names[i].lookup);
		free(service->names[i].ips);
	}
	free(service->names);
	service->names = NULL;
	service->name_count = 0;
}
