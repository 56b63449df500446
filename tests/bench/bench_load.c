/* bench_load.c: calls from one client thread: rate and latencies.
 *
 *	bench_load echo|create|get|home|child|list|find|rounds ADDRESS IN_FLIGHT SECONDS [WARM_SECONDS [RATE [gap]]]
 *
 * prints one line: calls/s, p50 and p99 in microseconds, errors. SECONDS may be a number of calls: "2000x". A closed
 * loop, or with RATE so many calls a second, as they fall due. `create` makes referrals and `child` children, with
 * fresh ids; `get` first makes 1,000 referrals, then reads them by key; `home` reads the homes that run.sh made. `list`
 * asks for a page of 10,000 homes, `find` seeks one among them, `rounds` has the bench's service reckon for about a second:
 * what a process does beside lookups. Without an answer for 5 s, 60 s for these three, a call is an error.
 * With `gap` calls may be tried again at another instance, no call that is due is left out, and in place of the p99
 * stands the longest time that any of them was waited for, from when it was due.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include <hearth/bench/v1/bench.pb-c.h>
#include <hearth/client.h>
#include <hearth/trust.h>
#include <hearth/clock.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>
#include <hearth/service.h>
#include <hearth/text.h>
#include <hearth/v1/common.pb-c.h>

#define MOST_SAMPLES 4000000
#define READ_KEYS 1000

struct load;
typedef int send_fn(struct load *load, int64_t number, struct hearth_status *status);

struct flight {
	struct load *load;
	int64_t sent_us;
};

struct load {
	struct hearth_trust *trust;    /* HEARTH_KEYS, HEARTH_KEY: calls over tcp with CURVE */
	struct hearth_client *client;
	send_fn *send;
	struct flight *flights, *flying;   /* flying: whose call is being sent */
	uint32_t *samples;
	size_t sample_count;
	int64_t calls, errors, sent, most, counted_from_us, stop_us;
	bool paced;                        /* a flight ends with its answer */
	bool gap;
	int64_t due_us;                    /* paced: of the call being sent */
	int timeout_ms;
	char (*keys)[HEARTH_UUID_SIZE];
	char child[HEARTH_UUID_SIZE];
	size_t key_count;
	char complaint[400];
};

static void answered(void *context, const struct hearth_reply *reply);

static int send_call(struct load *load, const char *method, const ProtobufCMessage *request, struct hearth_status *status)
{
	struct hearth_call_options options = { .timeout_ms = load->timeout_ms, .once = !load->gap };
	return hearth_client_send(load->client, method, request, &options, answered, load->flying, status);
}

static int send_echo(struct load *load, int64_t number, struct hearth_status *status)
{
	static const char payload[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	Hearth__Bench__V1__EchoRequest request = HEARTH__BENCH__V1__ECHO_REQUEST__INIT;
	request.id = number;
	request.time = hearth_clock_mono();
	request.subject = "placement/measured-thing";
	request.key = "0190b3c2-7d1e-7abc-8def-0123456789ab";
	request.kind = 3;
	request.payload.data = (uint8_t *)(uintptr_t)payload;
	request.payload.len = sizeof payload - 1;
	return send_call(load, "hearth.bench.v1.Bench/Echo", &request.base, status);
}

static int send_create(struct load *load, int64_t number, struct hearth_status *status)
{
	Hearth__Referrals__V1__CreateReferralRequest request = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	struct hearth_uuid uuid;
	char id[HEARTH_UUID_SIZE];
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, id);
	request.referral_id = id;
	request.child_id = load->child;
	request.urgency = HEARTH__REFERRALS__V1__URGENCY__URGENT;
	request.needed_by = "2030-01-01";
	request.worker = "worker-17";
	if (load->keys && load->key_count < READ_KEYS)
		memcpy(load->keys[load->key_count++], id, sizeof id);
	(void)number;
	return send_call(load, "hearth.referrals.v1.Referrals/CreateReferral", &request.base, status);
}

static int send_get(struct load *load, int64_t number, struct hearth_status *status)
{
	Hearth__Referrals__V1__GetReferralRequest request = HEARTH__REFERRALS__V1__GET_REFERRAL_REQUEST__INIT;
	request.referral_id = load->keys[(uint64_t)number * 7919 % load->key_count];
	return send_call(load, "hearth.referrals.v1.Referrals/GetReferral", &request.base, status);
}

/* One of the thousand homes that run.sh made. */
static int send_home(struct load *load, int64_t number, struct hearth_status *status)
{
	Hearth__Providers__V1__GetHomeRequest request = HEARTH__PROVIDERS__V1__GET_HOME_REQUEST__INIT;
	char id[HEARTH_UUID_SIZE];
	snprintf(id, sizeof id, "20000000-0000-0000-0000-000000000%03d", (int)((uint64_t)number * 7919 % 1000));
	request.home_id = id;
	return send_call(load, "hearth.providers.v1.Providers/GetHome", &request.base, status);
}

static int send_child(struct load *load, int64_t number, struct hearth_status *status)
{
	Hearth__Placements__V1__CreateChildRequest request = HEARTH__PLACEMENTS__V1__CREATE_CHILD_REQUEST__INIT;
	Hearth__V1__PersonalDate born = HEARTH__V1__PERSONAL_DATE__INIT;
	struct hearth_uuid uuid;
	char id[HEARTH_UUID_SIZE];
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, id);
	born.value = "2012-05-17";
	request.child_id = id;
	request.sex = "F";
	request.date_of_birth = &born;
	(void)number;
	return send_call(load, "hearth.placements.v1.Placements/CreateChild", &request.base, status);
}

/* ---- what takes long ---- */

static int send_list(struct load *load, int64_t number, struct hearth_status *status)
{
	Hearth__Providers__V1__ListHomesRequest request = HEARTH__PROVIDERS__V1__LIST_HOMES_REQUEST__INIT;
	request.page_size = 10000;
	(void)number;
	return send_call(load, "hearth.providers.v1.Providers/ListHomes", &request.base, status);
}

static int send_find(struct load *load, int64_t number, struct hearth_status *status)
{
	Hearth__Providers__V1__FindHomesRequest request = HEARTH__PROVIDERS__V1__FIND_HOMES_REQUEST__INIT;
	Hearth__Providers__V1__Needs needs = HEARTH__PROVIDERS__V1__NEEDS__INIT;
	needs.children = 1;
	request.needs = &needs;
	(void)number;
	return send_call(load, "hearth.providers.v1.Providers/FindHomes", &request.base, status);
}

/* About a second of one of these processors when nobody else wants it. */
#define ROUNDS_A_SECOND INT64_C(280000000)

static int send_rounds(struct load *load, int64_t number, struct hearth_status *status)
{
	Hearth__Bench__V1__CountRoundsRequest request = HEARTH__BENCH__V1__COUNT_ROUNDS_REQUEST__INIT;
	request.rounds = ROUNDS_A_SECOND;
	(void)number;
	return send_call(load, "hearth.bench.v1.Bench/CountRounds", &request.base, status);
}

static const struct mode {
	const char *name, *service;
	send_fn *send;
	int timeout_ms;
} modes[] = {
	{ "echo", "bench", send_echo, 5000 },
	{ "create", "referrals", send_create, 5000 },
	{ "get", "referrals", send_get, 5000 },
	{ "home", "providers", send_home, 5000 },
	{ "child", "placements", send_child, 5000 },
	{ "list", "providers", send_list, 60000 },
	{ "find", "providers", send_find, 60000 },
	{ "rounds", "bench", send_rounds, 60000 },
};

static const struct mode *find_mode(const char *name)
{
	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
		if (strcmp(modes[i].name, name) == 0)
			return &modes[i];
	return NULL;
}

static void fly(struct flight *flight)
{
	struct load *load = flight->load;
	struct hearth_status status = HEARTH_STATUS_INIT;
	if (hearth_clock_mono() >= load->stop_us || load->sent == load->most)
		return;
	flight->sent_us = hearth_clock_mono();
	if (load->gap && load->due_us < flight->sent_us)
		flight->sent_us = load->due_us;
	load->flying = flight;
	if (load->send(load, load->sent++, &status) < 0) {
		fprintf(stderr, "cannot send: %s\n", status.message);
		exit(1);
	}
}

static void answered(void *context, const struct hearth_reply *reply)
{
	struct flight *flight = context;
	struct load *load = flight->load;
	int64_t now_us = hearth_clock_mono();
	if (reply->status.code != HEARTH_OK) {
		load->errors++;
		snprintf(load->complaint, sizeof load->complaint, "%s %s", hearth_code_name(reply->status.code),
		         reply->status.message);
	} else if (now_us >= load->counted_from_us && (load->gap || now_us < load->stop_us)) {
		load->calls++;
		if (load->sample_count < MOST_SAMPLES)
			load->samples[load->sample_count++] = (uint32_t)(now_us - flight->sent_us);
	}
	if (load->paced)
		flight->sent_us = 0;
	else
		fly(flight);
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void begin(struct load *load, send_fn *send, double warm, double seconds)
{
	int64_t now_us = hearth_clock_mono();
	load->send = send;
	load->calls = load->errors = load->sent = 0;
	load->sample_count = 0;
	load->counted_from_us = now_us + (int64_t)(warm * 1e6);
	load->stop_us = load->counted_from_us + (int64_t)(seconds * 1e6);
}

static void run(struct load *load, send_fn *send, int in_flight, double warm, double seconds)
{
	begin(load, send, warm, seconds);
	for (int i = 0; i < in_flight; i++) {
		load->flights[i] = (struct flight){ .load = load };
		fly(&load->flights[i]);
	}
	hearth_client_run(load->client, (int)((warm + seconds) * 1000) + 6000);
}

static void wait_until(struct load *load, int64_t due_us)
{
	int64_t left_us = due_us - hearth_clock_mono();
	size_t out = hearth_client_run(load->client, left_us > 0 ? (int)(left_us / 1000) : 0);
	left_us = due_us - hearth_clock_mono();
	if (out == 0 && left_us > 0)
		nanosleep(&(struct timespec){ .tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000 }, NULL);
}

/* False when every flight is out. */
static bool take_off(struct load *load, int in_flight)
{
	for (int i = 0; i < in_flight; i++) {
		if (load->flights[i].sent_us)
			continue;
		load->flights[i].load = load;
		fly(&load->flights[i]);
		return true;
	}
	return false;
}

/* RATE calls a second, as they fall due; a call that finds every flight out is left out, or with `gap` goes with the next. */
static void run_paced(struct load *load, send_fn *send, int in_flight, double warm, double seconds, double rate)
{
	load->paced = true;
	begin(load, send, warm, seconds);
	int64_t from_us = hearth_clock_mono();
	for (int64_t number = 0; hearth_clock_mono() < load->stop_us; number++) {
		load->due_us = from_us + (int64_t)((double)number * 1e6 / rate);
		wait_until(load, load->due_us);
		while (!take_off(load, in_flight) && load->gap && hearth_clock_mono() < load->stop_us)
			hearth_client_run(load->client, 1);
	}
	hearth_client_run(load->client, 6000);
}

static void print(struct load *load, double seconds)
{
	size_t count = load->sample_count;
	size_t told = load->gap ? count - 1 : count * 99 / 100;
	qsort(load->samples, count, sizeof *load->samples, compare);
	printf("%.0f %u %u %" PRId64 "\n", (double)load->calls / seconds, count ? load->samples[count / 2] : 0,
	       count ? load->samples[told] : 0, load->errors);
	if (load->errors)
		fprintf(stderr, "%" PRId64 " errors, the last: %s\n", load->errors, load->complaint);
}

/* Keys to read, made first. */
static void make_keys(struct load *load)
{
	load->keys = hearth_alloc(READ_KEYS * sizeof *load->keys);
	int64_t most = load->most;
	load->most = INT64_MAX;
	run(load, send_create, 64, 0, 0.3);
	load->most = most;
	if (load->key_count == 0 || load->errors) {
		fprintf(stderr, "no referral could be made: %s\n", load->complaint);
		exit(1);
	}
}

struct wish {
	const struct mode *mode;
	const char *address;
	int in_flight;
	double seconds, warm, rate;
	bool gap;
	int64_t calls;             /* 0: as many as the seconds hold */
};

static int read_wish(int argc, char **argv, struct wish *ret_wish)
{
	char *end = "";
	if (argc < 5 || argc > 8)
		return -1;
	struct wish wish = { .mode = find_mode(argv[1]), .address = argv[2], .in_flight = atoi(argv[3]),
		                 .seconds = strtod(argv[4], &end), .warm = argc > 5 ? atof(argv[5]) : 0.3,
		                 .rate = argc > 6 ? atof(argv[6]) : 0, .gap = argc > 7 && strcmp(argv[7], "gap") == 0 };
	if (*end == 'x') {
		wish.calls = (int64_t)wish.seconds;
		wish.seconds = 600;
		wish.warm = 0;
	}
	if (!wish.mode || wish.in_flight < 1 || wish.in_flight > 256 || wish.seconds <= 0 || wish.seconds > 600)
		return -1;
	*ret_wish = wish;
	return 0;
}

int main(int argc, char **argv)
{
	struct hearth_actor actor = { .id = "bench", .authority = "999", .roles = HEARTH_ROLE(HEARTH__V1__ROLE__PLACEMENT_OFFICER) };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid uuid;
	struct wish wish;
	if (read_wish(argc, argv, &wish) < 0 || sodium_init() < 0) {
		fprintf(stderr, "usage: bench_load echo|create|get|home|child|list|find|rounds ADDRESS IN_FLIGHT SECONDS|COUNTx "
		        "[WARM_SECONDS [RATE [gap]]]\n"
		        "IN_FLIGHT is 1 to 256, SECONDS up to 600\n");
		return 2;
	}
	if (wish.mode->send == send_list)      /* pages of 10,000 are for those who run the suite */
		actor.roles |= HEARTH_ROLE(HEARTH__V1__ROLE__OPERATOR);
	struct load load = { .most = wish.calls ? wish.calls : INT64_MAX };
	hearth_uuid_new(&uuid);
	hearth_uuid_format(&uuid, load.child);
	load.client = hearth_client_new(NULL, &actor);
	if (getenv("HEARTH_KEYS") && getenv("HEARTH_KEY")) {
		load.trust = hearth_trust_new(getenv("HEARTH_KEYS"), getenv("HEARTH_KEY"), &status);
		if (!load.trust) {
			fprintf(stderr, "%s\n", status.message);
			return 1;
		}
	}
	hearth_client_trust(load.client, load.trust);
	load.timeout_ms = wish.mode->timeout_ms;
	load.flights = hearth_alloc(256 * sizeof *load.flights);
	memset(load.flights, 0, 256 * sizeof *load.flights);
	load.samples = hearth_alloc(MOST_SAMPLES * sizeof *load.samples);
	if (hearth_client_locate(load.client, wish.mode->service, wish.address, &status) < 0) {
		fprintf(stderr, "%s\n", status.message);
		return 1;
	}
	if (wish.mode->send == send_get)
		make_keys(&load);
	load.gap = wish.gap;
	int64_t from_us = hearth_clock_mono();
	if (wish.rate > 0)
		run_paced(&load, wish.mode->send, wish.in_flight, wish.warm, wish.seconds, wish.rate);
	else
		run(&load, wish.mode->send, wish.in_flight, wish.warm, wish.seconds);
	print(&load, wish.calls ? (double)(hearth_clock_mono() - from_us) / 1e6 : wish.seconds);
	hearth_client_free(&load.client);
	hearth_trust_free(&load.trust);
	free(load.keys);
	free(load.flights);
	free(load.samples);
	return load.calls == 0;
}
