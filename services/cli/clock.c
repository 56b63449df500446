/* clock.c: `hearth clock`: the domain clock of every instance, which tests and the demo drive. */
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>

#include "control.h"

const char cli_clock_help[] =
	"Usage: hearth clock get\n"
	"       hearth clock set TIME\n"
	"       hearth clock advance DURATION\n"
	"\n"
	"The clock that rules and SQL see. It can be driven, forward only, in services that run with\n"
	"--test-clock; every instance gets the same time. Role OPERATOR.\n"
	"  TIME      YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ\n"
	"  DURATION  like 90s, 15m, 36h, 7d or 1d12h, from the latest clock\n";

#define US INT64_C(1000000)
#define INSTANCES_MOST (CLI_INSTANCES_MOST * 8)

struct ticking {
	const char *service, *endpoint, *id;
	int64_t now;
	bool test;
};

/* ---- one instance (control.h) ---- */

int64_t control_time(const Google__Protobuf__Timestamp *time)
{
	return time != NULL ? time->seconds * US + time->nanos / 1000 : 0;
}

static int control_call(struct cli *cli, const char *service, const char *endpoint, const char *name,
                        const ProtobufCMessage *request, const ProtobufCMessageDescriptor *descriptor,
                        ProtobufCMessage **ret_reply, struct hearth_status *status)
{
	struct hearth_client *client = cli_client(cli, status);
	if (client == NULL)
		return -1;
	const char *method = hearth_arena_printf(cli->arena, "%s:hearth.control.v1.Control/%s", service, name);
	const struct hearth_call_options options = {.timeout_ms = cli->timeout_ms > 0 ? cli->timeout_ms : 2000,
	                                            .instance = endpoint};
	return hearth_client_call(client, method, request, descriptor, &options, hearth_arena_allocator(cli->arena),
	                          ret_reply, &(bool){false}, status);
}

int control_get(struct cli *cli, const char *service, const char *endpoint,
                Hearth__Control__V1__GetInstanceResponse **ret_state, struct hearth_status *status)
{
	const Hearth__Control__V1__GetInstanceRequest request = HEARTH__CONTROL__V1__GET_INSTANCE_REQUEST__INIT;
	ProtobufCMessage *reply;
	if (control_call(cli, service, endpoint, "GetInstance", &request.base,
	                 &hearth__control__v1__get_instance_response__descriptor, &reply, status) != 0)
		return -1;
	*ret_state = (Hearth__Control__V1__GetInstanceResponse *)reply;
	return 0;
}

int control_set_clock(struct cli *cli, const char *service, const char *endpoint, int64_t now_us,
                      struct hearth_status *status)
{
	Google__Protobuf__Timestamp now = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
	Hearth__Control__V1__SetClockRequest request = HEARTH__CONTROL__V1__SET_CLOCK_REQUEST__INIT;
	ProtobufCMessage *reply;
	now.seconds = now_us / US;
	now.nanos = (int32_t)(now_us % US * 1000);
	request.now = &now;
	return control_call(cli, service, endpoint, "SetClock", &request.base,
	                    &hearth__control__v1__set_clock_response__descriptor, &reply, status);
}

/* ---- all of them ---- */

static int read_clocks(struct cli *cli, struct ticking *clocks, size_t *ret_count, struct hearth_status *status)
{
	size_t count = 0;
	for (const struct cli_service *service = cli_services; service->name != NULL; service++) {
		const char *endpoints[CLI_INSTANCES_MOST];
		size_t found = cli_instances(cli, service->name, cli->arena, endpoints);
		for (size_t i = 0; i < found && count < INSTANCES_MOST; i++) {
			Hearth__Control__V1__GetInstanceResponse *state;
			if (control_get(cli, service->name, endpoints[i], &state, status) != 0)
				return hearth_fail_context(status, "%s", service->name);
			clocks[count++] = (struct ticking){service->name, endpoints[i], state->instance_id,
			                                   control_time(state->now), state->test_clock};
		}
	}
	*ret_count = count;
	if (count == 0)
		return hearth_fail(status, HEARTH_UNAVAILABLE, "NO_INSTANCE", "no instance of any service was found");
	return 0;
}

static int set_clocks(struct cli *cli, struct ticking *clocks, size_t count, int64_t now, struct hearth_status *status)
{
	for (size_t i = 0; i < count; i++)
		if (!clocks[i].test)
			return hearth_fail(status, HEARTH_UNIMPLEMENTED, "NO_TEST_CLOCK", "%s runs without --test-clock; no clock "
			                   "was changed", clocks[i].service);
	for (size_t i = 0; i < count; i++) {
		if (control_set_clock(cli, clocks[i].service, clocks[i].endpoint, now, status) != 0)
			return hearth_fail_context(status, "%s", clocks[i].service);
		clocks[i].now = now;
	}
	return 0;
}

static int64_t latest(const struct ticking *clocks, size_t count)
{
	int64_t most = INT64_MIN;
	for (size_t i = 0; i < count; i++)
		if (clocks[i].now > most)
			most = clocks[i].now;
	return most;
}

static void print_clocks(const struct cli *cli, const struct ticking *clocks, size_t count)
{
	static const char *const columns[] = {"SERVICE", "INSTANCE", "CLOCK", "KIND", NULL};
	struct cli_table *table = cli_table_new(columns);
	json_t *rows = json_array();
	for (size_t i = 0; i < count; i++) {
		char now[HEARTH_TIME_SIZE];
		hearth_time_format(clocks[i].now, now);
		const char *cells[] = {clocks[i].service, clocks[i].id, now, clocks[i].test ? "test" : "real"};
		cli_table_add(table, cells);
		json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:b}", "service", cells[0], "instanceId", cells[1], "now",
		                                      now, "testClock", clocks[i].test));
	}
	if (cli->json)
		cli_print_json(json_incref(rows), false);
	else
		cli_table_print(table, stdout);
	json_decref(rows);
	cli_table_free(&table);
}

/* Microseconds of "1d12h"; -1 when it is not a duration of at most 100 years. */
static int64_t parse_duration(const char *text)
{
	static const char units[] = "smhd";
	static const int64_t sizes[] = {1, 60, 3600, 86400};
	int64_t total = 0;
	if (*text == '\0')
		return -1;
	while (*text != '\0') {
		char *unit;
		if (*text < '0' || *text > '9' || strspn(text, "0123456789") > 10)
			return -1;
		int64_t value = strtoll(text, &unit, 10);
		const char *kind = *unit != '\0' ? strchr(units, *unit) : NULL;
		if (kind == NULL)
			return -1;
		total += value * sizes[kind - units];
		if (total > INT64_C(36525) * 86400)
			return -1;
		text = unit + 1;
	}
	return total * US;
}

/* What the arguments ask for: nothing, a time, or a time from the latest clock on. */
static int read_wish(int argc, char **argv, bool *ret_set, int64_t *ret_time, int64_t *ret_after)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	const char *verb = argc > 1 ? argv[1] : "";
	*ret_set = strcmp(verb, "get") != 0;
	*ret_after = -1;
	if (!*ret_set && argc == 2)
		return CLI_OK;
	if (argc != 3)
		return cli_usage("clock", "get, set TIME or advance DURATION is expected");
	if (strcmp(verb, "set") == 0)
		return hearth_time_parse(argv[2], ret_time, &status) == 0 ? CLI_OK
		       : cli_usage("clock", "\"%s\": %s", argv[2], status.message);
	if (strcmp(verb, "advance") != 0)
		return cli_usage("clock", "get, set TIME or advance DURATION is expected");
	*ret_after = parse_duration(argv[2]);
	return *ret_after >= 0 ? CLI_OK : cli_usage("clock", "\"%s\" is not a duration such as 7d or 1d12h", argv[2]);
}

int cli_clock(struct cli *cli, int argc, char **argv)
{
	const struct cli_option options[] = {{0}};
	struct hearth_status status = HEARTH_STATUS_INIT;
	bool set;
	int64_t time = 0, after;
	size_t count = 0;
	int code = cli_parse(&argc, argv, options);
	if (code == CLI_OK)
		code = read_wish(argc, argv, &set, &time, &after);
	if (code != CLI_OK)
		return code;
	struct ticking *clocks = hearth_arena_alloc(cli->arena, INSTANCES_MOST * sizeof *clocks);
	if (cli_client(cli, &status) == NULL || read_clocks(cli, clocks, &count, &status) != 0)
		return cli_fail(&status);
	if (after >= 0)
		time = latest(clocks, count) + after;
	if (set && set_clocks(cli, clocks, count, time, &status) != 0)
		return cli_fail(&status);
	print_clocks(cli, clocks, count);
	return CLI_OK;
}
