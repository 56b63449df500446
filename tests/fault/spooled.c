/* spooled.c: callers that leave their commands in a spool: referrals made, opened and withdrawn, three commands of one key,
 * while `hearth spool run` delivers and is killed. What the spool says in the end counts as what was acknowledged.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/referrals/v1/referrals.pb-c.h>
#include <hearth/spool.h>

#include "../support/dns_server.h"
#include "../support/spawn.h"
#include "../support/suite_inside.h"
#include "fault.h"

#define CALLER "spooler"
#define AUTHORITY "999"
#define COMMANDS_OF_A_KEY 3
#define END_MS 15000
#define DELIVERED_US INT64_C(60000000)

struct fault_spool {
	struct hearth_spool *spool;
	char path[120];
	pid_t deliverer;
	struct fault_write **writes;
	size_t count, room;
};

static const struct hearth_actor actor = { .id = CALLER, .authority = AUTHORITY, .roles = SUITE_ALL_ROLES };

/* ---- the deliverer ---- */

static int start_deliverer(struct fault_run *run)
{
	struct fault_spool *spool = run->spool;
	char program[512];
	const char *dns = run->dns != NULL ? dns_server_address(run->dns) : "";
	const char *const argv[] = { program, "--services", suite_address(run->suite), "--dns-servers", dns, "spool", "run",
		                         "--forever", "--spool", spool->path, NULL };
	snprintf(program, sizeof program, "%s/hearth", run->suite->bin);
	spool->deliverer = spawn_program(argv, run->suite->cli_log, -1);
	return spool->deliverer > 0 ? 0 : -1;
}

static int end_deliverer(struct fault_spool *spool, int signal)
{
	int state = 0;
	kill(spool->deliverer, signal);
	return spawn_wait(spool->deliverer, END_MS, &state);
}

int fault_spool_kill(struct fault_run *run)
{
	return end_deliverer(run->spool, SIGKILL) == 0 ? start_deliverer(run) : -1;
}

/* ---- commands ---- */

static void describe(struct fault_run *run, const char *method, const char *key, const ProtobufCMessage *request,
                     struct hearth_uuid *ret_id, struct hearth_command *ret_command)
{
	struct fault_spool *spool = run->spool;
	struct fault_write *write = fault_write_new(run->shared, method, AUTHORITY, CALLER, key);
	size_t size = protobuf_c_message_get_packed_size(request);
	uint8_t *packed = hearth_alloc(size + 1);
	protobuf_c_message_pack(request, packed);
	hearth_uuid_parse(write->request_id, ret_id);
	*ret_command = (struct hearth_command){ .method = method, .key = key, .request_id = ret_id, .actor = &actor,
		                                    .payload = packed, .size = size };
	if (spool->count == spool->room) {
		spool->room = spool->room * 2 + 64;
		spool->writes = realloc(spool->writes, spool->room * sizeof(struct fault_write *));
		if (spool->writes == NULL)
			abort();
	}
	spool->writes[spool->count++] = write;
}

int fault_spool_add(struct fault_run *run)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_uuid referral, child, ids[COMMANDS_OF_A_KEY];
	char referral_id[HEARTH_UUID_SIZE], child_id[HEARTH_UUID_SIZE];
	struct hearth_command commands[COMMANDS_OF_A_KEY];
	Hearth__Referrals__V1__CreateReferralRequest create = HEARTH__REFERRALS__V1__CREATE_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__OpenReferralRequest open = HEARTH__REFERRALS__V1__OPEN_REFERRAL_REQUEST__INIT;
	Hearth__Referrals__V1__WithdrawReferralRequest withdraw = HEARTH__REFERRALS__V1__WITHDRAW_REFERRAL_REQUEST__INIT;
	hearth_uuid_new(&referral);
	hearth_uuid_new(&child);
	hearth_uuid_format(&referral, referral_id);
	hearth_uuid_format(&child, child_id);
	create.referral_id = open.referral_id = withdraw.referral_id = referral_id;
	create.child_id = child_id;
	create.urgency = HEARTH__REFERRALS__V1__URGENCY__URGENT;
	create.needed_by = (char *)FAULT_FIRST_DAY;
	withdraw.reason = (char *)"NO_LONGER_NEEDED";
	describe(run, "hearth.referrals.v1.Referrals/CreateReferral", referral_id, &create.base, &ids[0], &commands[0]);
	describe(run, "hearth.referrals.v1.Referrals/OpenReferral", referral_id, &open.base, &ids[1], &commands[1]);
	describe(run, "hearth.referrals.v1.Referrals/WithdrawReferral", referral_id, &withdraw.base, &ids[2], &commands[2]);
	int outcome = hearth_spool_add(run->spool->spool, commands, COMMANDS_OF_A_KEY, NULL, &status);
	if (outcome != 0)
		fprintf(stderr, "fault: the spool does not take commands: %s\n", status.message);
	for (size_t i = 0; i < COMMANDS_OF_A_KEY; i++)
		free((void *)(uintptr_t)commands[i].payload);
	return outcome;
}

/* ---- the whole ---- */

int fault_spool_start(struct fault_run *run)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	run->spool = calloc(1, sizeof *run->spool);
	if (run->spool == NULL)
		abort();
	snprintf(run->spool->path, sizeof run->spool->path, "%s/spool.db", suite_directory(run->suite));
	if (hearth_spool_open(&(struct hearth_spool_options){ .path = run->spool->path }, &run->spool->spool, &status) != 0) {
		fprintf(stderr, "fault: %s\n", status.message);
		return -1;
	}
	return start_deliverer(run);
}

static void take_outcome(void *context, const struct hearth_spooled *command)
{
	struct fault_write *write = context;
	write->tries = (int)command->tries;
	write->answer = command->state == HEARTH_SPOOL_DONE      ? FAULT_DONE
	                : command->state == HEARTH_SPOOL_REFUSED ? FAULT_REFUSED
	                                                         : FAULT_PENDING;
	hearth_text_copy(write->reason, sizeof write->reason, command->last.reason);
}

int fault_spool_settle(struct fault_run *run)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	struct fault_spool *spool = run->spool;
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_spool_counts counts = { .waiting = 1 };
	int64_t until_us = hearth_clock_mono() + DELIVERED_US;
	while (counts.waiting > counts.behind && hearth_clock_mono() < until_us) {
		nanosleep(&pause, NULL);
		if (hearth_spool_count(spool->spool, &counts, &status) != 0)
			return -1;
	}
	if (counts.waiting + counts.refused + counts.stale > 0)
		fprintf(stderr, "fault: in the spool %d commands wait, %d were refused, %d are stale\n", (int)counts.waiting,
		        (int)counts.refused, (int)counts.stale);
	for (size_t i = 0; i < spool->count; i++) {
		struct hearth_uuid id;
		hearth_uuid_parse(spool->writes[i]->request_id, &id);
		if (hearth_spool_get(spool->spool, &id, take_outcome, spool->writes[i], &status) != 0)
			fprintf(stderr, "fault: command %s is not in the spool\n", spool->writes[i]->request_id);
	}
	return counts.waiting + counts.refused + counts.stale > 0 ? -1 : 0;
}

size_t fault_spool_count(const struct fault_run *run)
{
	return run->spool != NULL ? run->spool->count : 0;
}

int fault_spool_end(struct fault_run *run)
{
	if (run->spool == NULL)
		return 0;
	int outcome = run->spool->deliverer > 0 ? end_deliverer(run->spool, SIGTERM) : 0;
	hearth_spool_free(&run->spool->spool);
	free(run->spool->writes);
	free(run->spool);
	run->spool = NULL;
	return outcome;
}
