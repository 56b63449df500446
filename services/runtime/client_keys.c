/* client_keys.c: whose key a client expects of an instance.
 *
 * While a service's key is being changed there are two: the newer is tried first, and the one before it at once when the
 * handshake fails. After that the timer begins with the newer again.
 */
#include "client_parts.h"

#include <assert.h>
#include <string.h>

void hearth_client_trust(struct hearth_client *client, struct hearth_trust *trust)
{
	assert(!client->services);
	client->trust = trust;
}

bool client_choose_key(struct instance *instance, bool ipc)
{
	struct hearth_trust *trust = instance->service->client->trust;
	const char *key;

	if (!trust || ipc)
		return true;
	hearth_trust_refresh(trust);
	key = hearth_trust_service_key(trust, instance->service->name, instance->key_turn);
	instance->service->unknown_key = !key;
	if (key)
		hearth_text_copy(instance->key, sizeof instance->key, key);
	return key != NULL;
}

void client_try_older_key(const struct instance *failed)
{
	struct service *service = failed->service;

	service->refused = true;
	if (failed->key[0] && failed->key_turn == 0 && hearth_trust_service_key(service->client->trust, service->name, 1))
		client_open_instance(service, failed->endpoint, 1);
}

const char *client_key_trouble(const struct service *service)
{
	if (service->unknown_key)
		return "no key of this service is known here (hearth keys list)";
	if (service->refused && service->client->trust)
		return "the handshake failed: one of the two keys is not known to the other side (hearth keys list)";
	return service->refused ? "the handshake failed: does it want a key? (--keys, --key)" : "";
}

/* ---- a new key of our own ---- */

static struct instance *find_keyed(struct service *service, uint64_t newest)
{
	struct instance *instance = service->instances;

	while (instance && !(instance->key[0] && instance->serial <= newest))
		instance = instance->next;
	return instance;
}

void hearth_client_reconnect(struct hearth_client *client)
{
	uint64_t newest = client->serials;
	struct instance *instance;

	for (struct service *service = client->services; service; service = service->next)
		while ((instance = find_keyed(service, newest)))
			client_instance_lost(instance);
}

const char *hearth_client_instance_key(struct hearth_client *client, const char *name, const char *endpoint)
{
	struct service *service = client_find_service(client, name, strlen(name));
	struct instance *instance = service ? client_find_instance(service, endpoint) : NULL;

	return instance && instance->key[0] ? instance->key : NULL;
}
