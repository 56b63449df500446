/* service.c: the main program of every service: settings, parts, signals, draining.
 *
 * Order of making: settings, loop, statements, routes, consumers, timers, chores, database, server; the teardown mirrors it.
 * The process is alive from the start and ready when the database is; a contract that does not fit its SQL stops it
 * with exit code 1. SIGTERM and SIGINT drain: no new calls, what is queued is finished, at most ten seconds. SIGHUP
 * reads the settings again and takes the log level from them, and a newer key from its file.
 */
#include "process.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>

#include <hearth/log.h>
#include <hearth/text.h>
#include <hearth/v1/common.pb-c.h>

#include "archive.h"
#include "event_check.h"
#include "peers.h"
#include "service_metrics.h"
#include "trust.h"

#define DRAIN_US INT64_C(10000000)
#define WAKE_PAUSE_US INT64_C(25000)
#define DRAIN_STEP_US INT64_C(5000)
#define DRAIN_QUIET_US INT64_C(100000)
#define MOST_PEERS 16

extern const struct hearth_file runtime_sql[];

static const struct hearth_key runtime_keys[] = {
	{ "listen", HEARTH_KEY_TEXT, "", "where to answer calls: ipc://DIR or tcp://host:port; empty: as --services", 0, 0 },
	{ "services", HEARTH_KEY_TEXT, "ipc:///run/hearth",
	  "where the services are, unless told one by one: ipc://DIR, or dns://{service}:port for every address of that name", 0, 0 },
	{ "dns-servers", HEARTH_KEY_TEXT, "", "address:port,... of the servers that dns:// asks; empty: the system's", 0, 0 },
	{ "keys", HEARTH_KEY_TEXT, "", "directory of public keys; tcp speaks CURVE with them alone; empty: no keys", 0, 0 },
	{ "key", HEARTH_KEY_TEXT, "", "file of the secret key (0600), read again on SIGHUP; empty: keys/<service>.secret", 0, 0 },
	{ "allow-plain-tcp", HEARTH_KEY_BOOL, "false", "without keys, listen on addresses that other machines can reach", 0, 0 },
	{ "ipc-users", HEARTH_KEY_TEXT, "", "users who may connect over ipc besides our own and root, with commas", 0, 0 },
	{ "database-url", HEARTH_KEY_TEXT, "", "PostgreSQL connection (URL or key=value); user defaults to hearth_<service>", 0, 0 },
	{ "database-role", HEARTH_KEY_TEXT, "", "role to take after connecting; empty: that of the user", 0, 0 },
	{ "statement-timeout", HEARTH_KEY_INT, "250", "milliseconds a statement of a read or write may take", 10, 60000 },
	{ "slow-timeout", HEARTH_KEY_INT, "30000", "milliseconds a list or report may take", 100, 600000 },
	{ "most-message", HEARTH_KEY_INT, "1048576", "bytes a request may have", 1024, 67108864 },
	{ "most-queued", HEARTH_KEY_INT, "10000", "calls that may wait for the database", 1, 1000000 },
	{ "group-most", HEARTH_KEY_INT, "128", "writes in one transaction", 1, 1024 },
	{ "park-after", HEARTH_KEY_INT, "3", "how often an event that fails alone is tried, a second apart, before it is parked", 1,
	  1000 },
	{ "parked-most", HEARTH_KEY_INT, "10000", "events of a source that may lie parked; past it the source waits", 1, 100000 },
	{ "pull-interval", HEARTH_KEY_INT, "500", "milliseconds between looks for events when no hint comes", 10, 60000 },
	{ "archive", HEARTH_KEY_TEXT, "", "directory that events are written to before they are trimmed; empty: none", 0, 0 },
	{ "outbox-partition", HEARTH_KEY_INT, "1000000", "events in a partition of the outbox", 100, 1000000000 },
	{ "outbox-retention", HEARTH_KEY_INT, "90",
	  "days events are kept, and longer while a consumer that is heard has not applied them; 0: for ever", 0, 36500 },
	{ "request-retention", HEARTH_KEY_INT, "7", "days a request id is kept (clients repeat for a day); 0: for ever", 0, 36500 },
	{ "audit-retention", HEARTH_KEY_INT, "0", "days for which entries of the audit are kept; 0: for ever", 0, 36500 },
	{ "metrics", HEARTH_KEY_TEXT, "127.0.0.1:0", "host:port of /metrics, /healthz and /readyz; empty: none", 0, 0 },
	{ "metrics-directory", HEARTH_KEY_TEXT, "", "where to write the bound address for Prometheus file discovery", 0, 0 },
	{ "compute-most", HEARTH_KEY_INT, "8", "calls that reckon (kind COMPUTE) at once", 1, 1000 },
	{ "serve", HEARTH_KEY_TEXT, "all", "all, calls (all but what reckons) or compute (that alone)", 0, 0 },
	{ "log-level", HEARTH_KEY_TEXT, "info", "error, warn, info or debug; read again on SIGHUP", 0, 0 },
	{ "test-clock", HEARTH_KEY_TEXT, "", "start a drivable clock at this UTC time (tests and demonstrations only)", 0, 0 },
	{ .name = NULL },
};

/* ---- settings ---- */

static struct hearth_key peer_key(const char *service, const char *help)
{
	size_t size = strlen(service) + sizeof "-address";
	char *name = hearth_alloc(size);
	snprintf(name, size, "%s-address", service);
	return (struct hearth_key){ name, HEARTH_KEY_TEXT, "", help, 0, 0 };
}

/* A key "<service>-address" for this service itself and each that it hears. */
static void peer_keys(const struct hearth_service *service, struct hearth_key *ret_keys)
{
	size_t count = 0;
	ret_keys[count++] = peer_key(service->name, "where the processes of this service are; empty: as --services");
	for (const struct hearth_source *source = service->hears; source && source->service && count < MOST_PEERS; source++)
		ret_keys[count++] = peer_key(source->service, "where that service is; empty: as --services");
	ret_keys[count] = (struct hearth_key){ 0 };
}

static struct hearth_config *load_config(struct hearth_process *process, struct hearth_key *peers, bool *ret_help,
                                         struct hearth_status *status)
{
	static const struct hearth_key none[] = { { .name = NULL } };
	const struct hearth_service *service = process->service;
	const struct hearth_key *const tables[] = { runtime_keys, peers, service->keys ? service->keys : none, NULL };
	int rest;
	struct hearth_config *config = hearth_config_new(service->name, tables);
	if (hearth_config_load(config, process->argc, process->argv, &rest, ret_help, status) < 0) {
		hearth_config_free(&config);
	} else if (!*ret_help && rest < process->argc) {
		hearth_fail(status, HEARTH_INVALID_ARGUMENT, "ARGUMENT", "%s is no setting; see --help", process->argv[rest]);
		hearth_config_free(&config);
	}
	return config;
}

static int apply_level(const struct hearth_config *config, struct hearth_status *status)
{
	enum hearth_level level;
	const char *text = hearth_config_text(config, "log-level");
	if (hearth_log_level_parse(text, &level) < 0)
		return hearth_fail_field(status, "log-level", "log-level is %s; error, warn, info or debug is wanted", text);
	hearth_log_set_level(level);
	return 0;
}

static int apply_clock(const struct hearth_config *config, struct hearth_status *status)
{
	const char *text = hearth_config_text(config, "test-clock");
	int64_t start_us;
	if (!*text)
		return 0;
	if (hearth_time_parse(text, &start_us, status) < 0)
		return hearth_fail_context(status, "test-clock");
	hearth_clock_enable_test(start_us);
	return 0;
}

static int apply_serve(struct hearth_process *process, struct hearth_status *status)
{
	static const char *const names[] = { "all", "calls", "compute" };
	const char *text = hearth_config_text(process->config, "serve");
	process->compute_most = (size_t)hearth_config_int(process->config, "compute-most");
	for (int i = 0; i < 3; i++)
		if (strcmp(text, names[i]) == 0) {
			process->serves = (enum hearth_serves)i;
			return 0;
		}
	return hearth_fail_field(status, "serve", "serve is %s; all, calls or compute is wanted", text);
}

/* ---- the database ---- */

static int check_events(struct hearth_process *process, struct hearth_status *status)
{
	for (size_t i = 0; i < hearth_statements_count(process->statements); i++) {
		const struct hearth_statement *statement = hearth_statements_at(process->statements, i);
		if (hearth_event_check(statement, process->service->tells, status) < 0)
			return -1;
	}
	return 0;
}

static int statements_described(void *context, struct hearth_status *status)
{
	struct hearth_process *process = context;
	int result = check_events(process, status);
	if (result == 0)
		result = hearth_routes_check(process, status);
	if (result == 0)
		result = hearth_timers_check(process->timers, status);
	if (result == 0)
		result = hearth_chores_check(process->chores, status);
	if (result == 0)
		result = hearth_archive_check(process->archive, status);
	for (size_t i = 0; i < process->consumer_count && result == 0; i++)
		result = hearth_consumer_check(process->consumers[i], status);
	process->described = result == 0;
	return result;
}

static void statements_failed(void *context, const struct hearth_status *status)
{
	struct hearth_process *process = context;
	hearth_log(HEARTH_LOG_ERROR, "stop", "reason=%s detail=\"%s\"", status->reason, status->message);
	process->failed = true;
	hearth_loop_stop(process->loop);
}

static void database_changed(void *context)
{
	struct hearth_process *process = context;
	bool ready = hearth_db_ready(process->db);
	/* Until it is there for the first time its connections say what is wrong. */
	if (ready && !process->was_ready)
		hearth_log(HEARTH_LOG_INFO, "database", "ready=yes");
	else if (!ready && process->was_ready)
		hearth_log(HEARTH_LOG_WARN, "database", "ready=no why=\"%s\"", hearth_db_trouble(process->db));
	process->was_ready = ready;
	for (size_t i = 0; ready && i < process->consumer_count; i++)
		hearth_consumer_start(process->consumers[i]);
	if (ready) {
		hearth_timers_poke(process->timers);
		hearth_chores_start(process->chores);
	}
}

/* Soon after the first commit, then at most 40 times a second however many there are. */
static void look_at_waiting(struct hearth_process *process)
{
	int64_t now_us = hearth_clock_mono(), soonest_us = process->woken_us + WAKE_PAUSE_US;
	if (!process->waiting || process->wake_due)
		return;
	process->wake_due = true;
	hearth_alarm_set(process->wait_alarm, soonest_us > now_us + 1000 ? soonest_us - now_us : 1000);
}

static void after_commit(void *context)
{
	struct hearth_process *process = context;
	hearth_server_hint(process->server);
	hearth_timers_poke(process->timers);
	look_at_waiting(process);
}

static void wait_rang(void *context)
{
	struct hearth_process *process = context;
	process->wake_due = false;
	process->woken_us = hearth_clock_mono();
	hearth_dispatch_wake(process);
}

/* By this lock the other processes see that this one lives (consumer_turn.c). */
static void alive_changed(void *context, bool held)
{
	struct hearth_process *process = context;
	process->alive = held;
	for (size_t i = 0; i < process->consumer_count; i++)
		hearth_consumer_start(process->consumers[i]);
}

/* Forgotten, most likely: libpq then takes a socket of its own and a database named after the user. */
static void look_at_url(const char *url)
{
	if (!*url && !getenv("PGHOST") && !getenv("PGHOSTADDR") && !getenv("PGSERVICE") && !getenv("PGDATABASE"))
		hearth_log(HEARTH_LOG_WARN, "settings",
		           "detail=\"database-url is not set: what PostgreSQL's library takes for usual is used\"");
}

static void open_database(struct hearth_process *process)
{
	char alive[HEARTH_UUID_SIZE + 8];
	const struct hearth_config *config = process->config;
	struct hearth_db_options options = {
		.service = process->service->name,
		.url = hearth_config_text(config, "database-url"),
		.role = hearth_config_text(config, "database-role"),
		.statements = process->statements,
		.statement_timeout_ms = (int)hearth_config_int(config, "statement-timeout"),
		.slow_timeout_ms = (int)hearth_config_int(config, "slow-timeout"),
		.most_queued = (int)hearth_config_int(config, "most-queued"),
		.audit_writes = hearth_statements_find(process->statements, "audit_writes"),
		.group_most = (int)hearth_config_int(config, "group-most"),
		.checked = statements_described,
		.failed = statements_failed,
		.changed = database_changed,
		.context = process,
	};
	look_at_url(options.url);
	process->db = hearth_db_new(process->loop, &options);
	snprintf(alive, sizeof alive, "alive:%s", process->instance_text);
	hearth_db_hold(process->db, alive, alive_changed, process);
}

/* ---- making the parts ---- */

/* Another process of this service committed: somebody may wait here for it. */
static void peer_committed(void *context)
{
	look_at_waiting(context);
}

static int locate(struct hearth_process *process, const char *service, struct hearth_status *status)
{
	char key[96];
	snprintf(key, sizeof key, "%s-address", service);
	const char *address = hearth_config_text(process->config, key);
	bool own = *address;
	if (!own)
		address = hearth_config_text(process->config, "services");
	if (hearth_client_locate(process->client, service, address, status) < 0)
		return hearth_fail_context(status, "%s", own ? key : "services");
	return 0;
}

static int open_trust(struct hearth_process *process, struct hearth_status *status)
{
	const char *keys = hearth_config_text(process->config, "keys"), *key = hearth_config_text(process->config, "key");
	char usual[512];
	if (!*keys && !*key)
		return 0;
	if (!*keys)
		return hearth_fail_field(status, "keys", "key needs keys, the directory of public keys");
	snprintf(usual, sizeof usual, "%s/%s.secret", keys, process->service->name);
	process->trust = hearth_trust_new(keys, *key ? key : usual, status);
	if (!process->trust)
		return -1;
	if (strcmp(hearth_trust_name(process->trust), process->service->name) != 0)
		return hearth_fail_field(status, "key", "the key is %s's; this service is %s", hearth_trust_name(process->trust),
		                         process->service->name);
	return 0;
}

static int open_client(struct hearth_process *process, struct hearth_status *status)
{
	process->self = (struct hearth_actor){ .id = process->service->name, .authority = "",
	                                       .roles = HEARTH_ROLE(HEARTH__V1__ROLE__SYSTEM) };
	process->client = hearth_client_new(process->loop, &process->self);
	hearth_client_trust(process->client, process->trust);
	process->peers = hearth_peers_new(process, process->service->name, peer_committed, process);
	for (const struct hearth_source *source = process->service->hears; source && source->service; source++)
		if (locate(process, source->service, status) < 0)
			return -1;
	return locate(process, process->service->name, status);
}

static int open_consumers(struct hearth_process *process, struct hearth_status *status)
{
	size_t count = 0;
	while (process->service->hears && process->service->hears[count].service)
		count++;
	process->consumers = hearth_alloc((count + 1) * sizeof *process->consumers);
	for (size_t i = 0; i < count; i++) {
		struct hearth_consumer *consumer = hearth_consumer_new(process, &process->service->hears[i], status);
		if (!consumer)
			return -1;
		process->consumers[process->consumer_count++] = consumer;
	}
	return 0;
}

static int open_server(struct hearth_process *process, struct hearth_status *status)
{
	const char *listen = hearth_config_text(process->config, "listen");
	struct hearth_server_options options = {
		.service = process->service->name,
		.instance = &process->instance,
		.listen = *listen ? listen : hearth_config_text(process->config, "services"),
		.trust = process->trust,
		.allow_plain_tcp = hearth_config_bool(process->config, "allow-plain-tcp"),
		.ipc_users = hearth_config_text(process->config, "ipc-users"),
		.most_message = (size_t)hearth_config_int(process->config, "most-message"),
		.receive = hearth_dispatch,
		.context = process,
	};
	process->server = hearth_server_new(process->loop, &options, status);
	return process->server ? 0 : -1;
}

/* What every service does by itself. */
static const struct hearth_chore *const chores[] = { hearth_outbox_chores, hearth_archive_chores, hearth_request_chores,
	hearth_audit_chores, NULL };

static int open_process(struct hearth_process *process, struct hearth_status *status)
{
	const struct hearth_file *const files[] = { runtime_sql, process->service->sql, NULL };
	process->loop = hearth_loop_new();
	process->tasks = hearth_tasks_new(process->loop);
	process->scratch = hearth_arena_new();
	hearth_outbox_init(&process->outbox);
	process->committed = (struct hearth_deferred){ .callback = after_commit, .context = process };
	process->wait_alarm = hearth_alarm_new(process->loop, wait_rang, process);
	process->statements = hearth_statements_new(files, status);
	if (process->statements) {
		process->plan_fresh = hearth_statements_find(process->statements, "plan_fresh");
		process->plan_once = hearth_statements_find(process->statements, "plan_once");
	}
	if (!process->statements || hearth_routes_build(process, status) < 0 || open_trust(process, status) < 0 ||
	    open_client(process, status) < 0 || open_consumers(process, status) < 0)
		return -1;
	process->timers = hearth_timers_new(process, status);
	process->audits = hearth_audits_new(process, status);
	process->archive = hearth_archive_new(process, status);
	if (process->timers && process->archive)
		process->chores = hearth_chores_new(process, chores, status);
	if (!process->chores || !process->audits || open_server(process, status) < 0 || hearth_service_metrics_open(process, status) < 0)
		return -1;
	open_database(process);
	return 0;
}

static void close_process(struct hearth_process *process)
{
	/* The client and the database answer whoever still waits (consumers, timers, calls of the server): they go first, and
	 * nobody begins anew. */
	process->draining = true;
	hearth_service_metrics_close(process);
	hearth_client_free(&process->client);
	hearth_peers_free(&process->peers);
	hearth_dispatch_wake(process);
	hearth_tasks_free(&process->tasks);
	hearth_audits_stop(process->audits);
	hearth_db_free(&process->db);
	hearth_loop_undefer(process->loop, &process->committed);
	hearth_server_free(&process->server);
	for (size_t i = 0; i < process->consumer_count; i++)
		hearth_consumer_free(&process->consumers[i]);
	free(process->consumers);
	hearth_chores_free(&process->chores);
	hearth_archive_free(&process->archive);
	hearth_timers_free(&process->timers);
	hearth_audits_free(&process->audits);
	hearth_routes_free(process);
	hearth_statements_free(&process->statements);
	hearth_call_pool_free(process);
	hearth_arena_free(&process->scratch);
	hearth_alarm_free(&process->wait_alarm);
	hearth_trust_free(&process->trust);
	hearth_loop_free(&process->loop);
	hearth_zmq_end();
}

/* ---- signals and draining ---- */

/* The files may hold newer keys; their places do not change while the process lives. */
static void reload_keys(struct hearth_process *process)
{
	struct hearth_status status = HEARTH_STATUS_INIT;
	bool newer = false;
	if (!process->trust || process->draining)
		return;
	if (hearth_trust_reload(process->trust, &newer, &status) < 0) {
		hearth_log(HEARTH_LOG_ERROR, "keys", "detail=\"%s\"", status.message);
		return;
	}
	if (newer) {
		hearth_server_rekey(process->server);
		hearth_client_reconnect(process->client);
	}
	hearth_log(HEARTH_LOG_INFO, "keys", "secret=%s", newer ? "new" : "same");
}

static void reload(struct hearth_process *process)
{
	struct hearth_key peers[MOST_PEERS + 1];
	struct hearth_status status = HEARTH_STATUS_INIT;
	bool help;
	peer_keys(process->service, peers);
	struct hearth_config *config = load_config(process, peers, &help, &status);
	if (!config || apply_level(config, &status) < 0)
		hearth_log(HEARTH_LOG_ERROR, "settings", "detail=\"%s\"", status.message);
	else
		hearth_log(HEARTH_LOG_INFO, "settings", "log-level=%s", hearth_config_text(config, "log-level"));
	hearth_config_free(&config);
	for (size_t i = 0; peers[i].name; i++)
		free((char *)peers[i].name);
	reload_keys(process);
}

static void drain(struct hearth_process *process)
{
	if (process->draining) {
		hearth_loop_stop(process->loop);
		return;
	}
	hearth_log(HEARTH_LOG_INFO, "drain", "outstanding=%zu", process->outstanding);
	process->draining = true;
	for (size_t i = 0; i < process->consumer_count; i++)
		hearth_consumer_leave(process->consumers[i]);
	hearth_server_drain(process->server);
	hearth_dispatch_wake(process);
	hearth_loop_stop(process->loop);
}

static void signalled(void *context, uint32_t events)
{
	struct hearth_process *process = ((void **)context)[0];
	int fd = *(int *)((void **)context)[1];
	struct signalfd_siginfo info;
	(void)events;
	while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
		if (info.ssi_signo == SIGHUP)
			reload(process);
		else
			drain(process);
	}
}

static bool busy(const struct hearth_process *process)
{
	bool any = process->outstanding > 0 || hearth_timers_busy(process->timers) || hearth_chores_busy(process->chores);
	for (size_t i = 0; i < process->consumer_count; i++)
		any |= hearth_consumer_busy(process->consumers[i]);
	return any;
}

/* What is queued is finished; then callers that have not heard yet are told to go elsewhere, until nobody has asked for a
 * moment: who asks a process that is closing learns it only from the lost connection. */
static void finish_calls(struct hearth_process *process)
{
	int64_t now_us = hearth_clock_mono(), until_us = now_us + DRAIN_US, heard_us = now_us;
	while (!process->failed && now_us < until_us && (busy(process) || now_us - heard_us < DRAIN_QUIET_US)) {
		hearth_loop_turn(process->loop, DRAIN_STEP_US);
		now_us = hearth_clock_mono();
		if (hearth_server_replied(process->server))
			heard_us = now_us;
	}
}

static void run(struct hearth_process *process, int signals)
{
	void *context[2] = { process, &signals };
	struct hearth_watch *watch = hearth_loop_add(process->loop, signals, EPOLLIN, signalled, context);
	hearth_log(HEARTH_LOG_INFO, "start", "instance=%s version=" HEARTH_VERSION " pid=%ld listen=%s metrics=%s",
	           process->instance_text, (long)getpid(), hearth_server_endpoint(process->server),
	           hearth_metrics_address(process->metrics)[0] ? hearth_metrics_address(process->metrics) : "-");
	hearth_loop_run(process->loop);
	if (process->draining)
		finish_calls(process);
	hearth_log(HEARTH_LOG_INFO, "end", "calls=%" PRIu64 " errors=%" PRIu64, process->calls, process->errors);
	hearth_watch_free(&watch);
}

static int signal_descriptor(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int start(struct hearth_process *process, struct hearth_key *peers, bool *ret_help, struct hearth_status *status)
{
	process->config = load_config(process, peers, ret_help, status);
	if (!process->config)
		return 2;
	if (*ret_help) {
		hearth_config_print_help(process->config, stdout);
		return 0;
	}
	if (apply_level(process->config, status) < 0 || apply_clock(process->config, status) < 0 ||
	    apply_serve(process, status) < 0 ||
	    hearth_dns_servers(hearth_config_text(process->config, "dns-servers"), status) < 0)
		return 2;
	return open_process(process, status) < 0 ? 1 : 0;
}

int hearth_service_main(int argc, char **argv, const struct hearth_service *service)
{
	struct hearth_process process = { .service = service, .argc = argc, .argv = argv };
	struct hearth_key peers[MOST_PEERS + 1];
	struct hearth_status status = HEARTH_STATUS_INIT;
	char name[64];
	bool help = false;
	int signals = signal_descriptor();
	if (signals < 0 || sodium_init() < 0)
		return 1;
	snprintf(name, sizeof name, "hearth-%s", service->name);
	hearth_log_init(name);
	hearth_uuid_new(&process.instance);
	hearth_uuid_format(&process.instance, process.instance_text);
	peer_keys(service, peers);
	int code = start(&process, peers, &help, &status);
	if (code)
		fprintf(stderr, "%s: %s\n", name, status.message);
	else if (!help)
		run(&process, signals);
	if (process.loop)
		close_process(&process);
	hearth_config_free(&process.config);
	for (size_t i = 0; peers[i].name; i++)
		free((char *)peers[i].name);
	close(signals);
	return process.failed ? 1 : code;
}
