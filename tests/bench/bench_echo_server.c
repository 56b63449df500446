/* bench_echo_server.c: an ordinary service of one method, with authorisation on, that touches no database. */
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

static const struct hearth_method methods[] = {
	{ .name = "Echo", .kind = HEARTH_READ, .roles = HEARTH_ROLE(HEARTH__V1__ROLE__PLACEMENT_OFFICER), .plan = echo },
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
