/* journey.c: runs the steps against a suite of its own: two processes of every service, a clock that it drives. */
#include "journey.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/clock.h>

#define SAMPLE_RETURNS "services/cli/sample"
#define SAMPLE_HOMES "services/providers/sample/region.csv"
#define AWAIT_MS 10000

int journey_fail(struct journey *journey, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(journey->why, sizeof journey->why, format, arguments);
	va_end(arguments);
	return -1;
}

int journey_call(struct journey *journey, const char *method, const void *request,
                 const ProtobufCMessageDescriptor *reply, void *ret_reply)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	ProtobufCMessage *message;
	if (hearth_client_call(journey->client, method, request, reply, NULL, hearth_arena_allocator(journey->arena), &message,
	                       NULL, &status) < 0)
		return journey_fail(journey, "%s: %s %s: %s", method, hearth_code_name(status.code), status.reason, status.message);
	memcpy(ret_reply, &message, sizeof message);
	return 0;
}

int journey_await(struct journey *journey, const char *type, const char *field, const char *value)
{
	if (watcher_await(journey->watcher, type, field, value, AWAIT_MS) >= 0)
		return 0;
	return journey_fail(journey, "%s was not seen within %d s", type, AWAIT_MS / 1000);
}

int journey_clock(struct journey *journey, const char *date)
{
	char time[32];
	snprintf(time, sizeof time, "%sT09:00:00Z", date);
	snprintf(journey->today, sizeof journey->today, "%s", date);
	return suite_clock(journey->suite, time) < 0 ? journey_fail(journey, "the clock could not be set to %s", time) : 0;
}

/* ---- the suite around it ---- */

static void print_step(struct journey *journey, const char *name, bool passed)
{
	FILE *out = journey->options.out;
	double ms = (double)(hearth_clock_mono() - journey->step_began_us) / 1000.0;
	if (!out)
		return;
	fprintf(out, "%3d  %-30s %9.1f ms  %s%s\n", journey->step, name, ms, passed ? "" : "FAILED: ",
	        passed ? journey->note : journey->why);
	fflush(out);
}

static int run_step(struct journey *journey, const char *name, int (*run)(struct journey *))
{
	journey->step++;
	journey->note[0] = journey->why[0] = '\0';
	journey->step_began_us = hearth_clock_mono();
	int result = run(journey);
	print_step(journey, name, result == 0);
	return result;
}

static int start_suite(struct journey *journey)
{
	char clock[40], log[128], program[512];
	int32_t last;
	const char *bin = getenv("HEARTH_BIN");
	if (returns_last_day(journey->options.returns, &last) < 0)
		return journey_fail(journey, "%s holds no table with a DECOM column", journey->options.returns);
	hearth_date_format(last + 1, journey->today);
	snprintf(clock, sizeof clock, "%sT09:00:00Z", journey->today);
	journey->suite = suite_start(&(struct suite_options){ .instances = 2, .clock = clock, .pg = journey->options.pg });
	if (!journey->suite)
		return journey_fail(journey, "the services could not be started");
	journey->client = suite_client(journey->suite, JOURNEY_AUTHORITY, SUITE_ALL_ROLES);
	snprintf(log, sizeof log, "%s/watch.log", suite_directory(journey->suite));
	snprintf(program, sizeof program, "%s/hearth", bin && *bin ? bin : "build/bin");
	journey->watcher = watcher_new(program, suite_address(journey->suite), JOURNEY_AUTHORITY, log);
	snprintf(journey->note, sizeof journey->note, "two processes of each service; the clock stands at %s", journey->today);
	return journey->watcher && journey->client ? 0 : journey_fail(journey, "hearth watch could not be started");
}

static int stop_suite(struct journey *journey)
{
	watcher_free(&journey->watcher);
	if (journey->suite && suite_stop(&journey->suite) < 0)
		return journey_fail(journey, "a service did not end in order");
	snprintf(journey->note, sizeof journey->note, "nothing is left running");
	return 0;
}

int journey_run(const struct journey_options *options, char ret_why[512])
{
	struct journey journey = { .options = *options, .arena = hearth_arena_new() };
	if (!journey.options.returns)
		journey.options.returns = SAMPLE_RETURNS;
	if (!journey.options.homes)
		journey.options.homes = SAMPLE_HOMES;
	int result = run_step(&journey, "services started", start_suite);
	for (const struct journey_step *step = journey_steps; step->name && result == 0; step++)
		result = run_step(&journey, step->name, step->run);
	snprintf(ret_why, sizeof journey.why, "%s", journey.why);
	if (journey.suite && run_step(&journey, "services stopped", stop_suite) < 0 && result == 0) {
		snprintf(ret_why, sizeof journey.why, "%s", journey.why);
		result = -1;
	}
	hearth_arena_free(&journey.arena);
	return result;
}
