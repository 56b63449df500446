/* setup.c: the supply of a fault run: few homes with few places, so that places are contended. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hearth/providers/v1/providers.pb-c.h>

#include "fault.h"

static const int home_places[] = { 2, 3, 3, 5 };

static int record(struct hearth_client *client, struct fault_shared *shared, const char *method, const char *key,
                  const ProtobufCMessage *request, const ProtobufCMessageDescriptor *reply_descriptor)
{
	struct fault_write *write = fault_write_new(shared, method, "", "suite", key);
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid id;
	ProtobufCMessage *reply = NULL;
	bool replayed = false;
	hearth_uuid_parse(write->request_id, &id);
	const struct hearth_call_options options = { .timeout_ms = 20000, .request_id = &id };
	write->tries = 1;
	if (hearth_client_call(client, method, request, reply_descriptor, &options, NULL, &reply, &replayed, &status) != 0) {
		fprintf(stderr, "fault: %s: %s: %s\n", method, hearth_code_name(status.code), status.message);
		return -1;
	}
	protobuf_c_message_free_unpacked(reply, NULL);
	write->answer = FAULT_DONE;
	return 0;
}

static int record_home(struct hearth_client *client, struct fault_shared *shared, char *provider_id, int number)
{
	Hearth__Providers__V1__UpsertHomeRequest request = HEARTH__PROVIDERS__V1__UPSERT_HOME_REQUEST__INIT;
	Hearth__V1__Money fee = HEARTH__V1__MONEY__INIT;
	char name[32];
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	hearth_uuid_format(&id, shared->home_ids[number]);
	snprintf(name, sizeof name, "Fostering household %d", number + 1);
	fee.pence = 45000 + number * 3301;
	request.home_id = shared->home_ids[number];
	request.provider_id = provider_id;
	request.name = name;
	request.kind = HEARTH__PROVIDERS__V1__HOME_KIND__FOSTERING;
	request.weekly_fee = &fee;
	request.places = home_places[number % 4];
	return record(client, shared, "hearth.providers.v1.Providers/UpsertHome", shared->home_ids[number], &request.base,
	              &hearth__providers__v1__upsert_home_response__descriptor);
}

static int record_all(struct suite *suite, struct fault_shared *shared)
{
	struct hearth_client *client = suite_client(suite, "", SUITE_ALL_ROLES);
	Hearth__Providers__V1__UpsertProviderRequest request = HEARTH__PROVIDERS__V1__UPSERT_PROVIDER_REQUEST__INIT;
	struct hearth_uuid id;
	char provider_id[HEARTH_UUID_SIZE];
	hearth_uuid_new(&id);
	hearth_uuid_format(&id, provider_id);
	request.provider_id = provider_id;
	request.name = (char *)"A fostering service";
	request.code = (char *)"PR4";
	if (record(client, shared, "hearth.providers.v1.Providers/UpsertProvider", provider_id, &request.base,
	           &hearth__providers__v1__upsert_provider_response__descriptor) != 0)
		return -1;
	for (int i = 0; i < shared->homes; i++)
		if (record_home(client, shared, provider_id, i) != 0)
			return -1;
	return 0;
}

int fault_setup(struct suite *suite, struct fault_shared *shared)
{
	int state = 0;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		_exit(record_all(suite, shared) == 0 ? 0 : 1);
	return child > 0 && waitpid(child, &state, 0) == child && state == 0 ? 0 : -1;
}
