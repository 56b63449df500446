/* bench_echo_server.c: an ordinary service of two methods, with authorisation on, that touches no database: one answers
 * at once, the other reckons in steps. */
#include <hearth/bench/v1/bench.pb-c.h>
#include <hearth/service.h>
#include <hearth/v1/common.pb-c.h>

static int echo(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Bench__V1__EchoRequest *request = hearth_call_request(call);
	Hearth__Bench__V1__EchoResponse *reply = hearth_call_reply(call);
	(void)status;
	reply->id = request->id;
	reply->time = request->time;
	reply->subject = request->subject;
	reply->key = request->key;
	reply->kind = request->kind;
	reply->payload = request->payload;
	return 0;
}

struct reckoning { int64_t rounds, steps; uint64_t value; };

static int reckon(struct hearth_call *call, const struct hearth_rows *rows, struct hearth_budget *budget,
                  struct hearth_status *status)
{
	const Hearth__Bench__V1__CountRoundsRequest *request = hearth_call_request(call);
	Hearth__Bench__V1__CountRoundsResponse *reply = hearth_call_reply(call);
	struct reckoning *state = hearth_call_state(call, sizeof *state);
	(void)rows;
	(void)status;
	state->steps++;
	do {
		for (int i = 0; i < 4096 && state->rounds < request->rounds; i++)
			state->value = (state->value ^ (uint64_t)state->rounds++) * UINT64_C(6364136223846793005) + 1;
	} while (state->rounds < request->rounds && hearth_budget_left(budget));
	if (state->rounds < request->rounds)
		return HEARTH_STEP_MORE;
	reply->value = (int64_t)(state->value >> 1);
	reply->steps = state->steps;
	return HEARTH_STEP_DONE;
}

static const struct hearth_method methods[] = {
	{ .name = "Echo", .kind = HEARTH_READ, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__PLACEMENT_OFFICER), .plan = echo },
	{ .name = "CountRounds", .kind = HEARTH_COMPUTE, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__PLACEMENT_OFFICER), .step = reckon },
	{ 0 },
};

extern const struct hearth_contracts bench_contracts;
static const struct hearth_file no_sql[] = { { 0 } };

static const struct hearth_service bench = {
	.name = "bench",
	.contract = &hearth__bench__v1__bench__descriptor,
	.methods = methods,
	.sql = no_sql,
	.contracts = &bench_contracts,
};

int main(int argc, char **argv)
{
	return hearth_service_main(argc, argv, &bench);
}
