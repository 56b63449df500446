/* suite.c: a whole Hearth suite: database, processes, their ends.
 *
 * suite_calls.c holds what is asked of the running processes (readiness, clock, clients).
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dns_server.h"
#include "network.h"
#include "spawn.h"
#include "suite_inside.h"
#include "tcp_proxy.h"

#define READY_MS 60000
#define END_MS 15000
#define FLAGS_MOST 40

static const char *const all_services[] = { "placements", "providers", "referrals", "finance", "careleavers", NULL };

static int complain(const char *what, const char *detail)
{
	fprintf(stderr, "suite: %s: %s\n", what, detail);
	return -1;
}

static void put(char *ret_text, size_t size, const char *before, const char *after)
{
	int length = snprintf(ret_text, size, "%s%s", before, after);
	assert(length >= 0 && (size_t)length < size);
}

/* ---- processes ------------------------------------------------------------------------------------------------------- */

struct suite_process *suite_process(const struct suite *suite, const char *service, int index)
{
	for (size_t i = 0; i < suite->service_count; i++)
		if (strcmp(suite->services[i], service) == 0) {
			assert(index >= 0 && index < suite->instances);
			return (struct suite_process *)&suite->processes[i][index];
		}
	fprintf(stderr, "suite: there is no service %s in it\n", service);
	abort();
}

static int start_process(struct suite *suite, struct suite_process *process)
{
	char program[512], role[64], namespace[64], far_url[200];
	const char *argv[FLAGS_MOST + 1];
	size_t count = 0;
	int length = snprintf(program, sizeof program, "%s/hearth-%s", suite->bin, process->service);
	assert(length < (int)sizeof program);
	put(role, sizeof role, "hearth_", process->service);
	bool far = suite->network != NULL && process->index % 2 == 1;
	if (far) {
		put(namespace, sizeof namespace, "--net=", support_network_far_path(suite->network));
		snprintf(far_url, sizeof far_url, "postgresql://%s/%s?sslmode=disable&gssencmode=disable",
		         tcp_proxy_address(suite->proxy), suite->database);
		argv[count++] = "/usr/bin/nsenter";
		argv[count++] = namespace;
	}
	argv[count++] = program;
	argv[count++] = "--listen";
	argv[count++] = process->listen;
	argv[count++] = "--services";
	argv[count++] = suite->address;
	argv[count++] = "--database-url";
	argv[count++] = process->database != NULL ? process->database
	                : far                     ? far_url
	                                          : support_pg_url(suite->pg, NULL, suite->database);
	if (suite->network != NULL)
		argv[count++] = "--allow-plain-tcp";
	if (support_pg_is_foreign(suite->pg)) {
		argv[count++] = "--database-role";
		argv[count++] = role;
	}
	argv[count++] = "--metrics";
	argv[count++] = "127.0.0.1:0";
	argv[count++] = "--metrics-directory";
	argv[count++] = suite->metrics;
	if (suite->dns != NULL) {
		argv[count++] = "--dns-servers";
		argv[count++] = dns_server_address(suite->dns);
	}
	if (suite->clock[0] != '\0') {
		argv[count++] = "--test-clock";
		argv[count++] = suite->clock;
	}
	for (const char *const *flag = suite->flags; flag != NULL && *flag != NULL; flag++) {
		assert(count < FLAGS_MOST);
		argv[count++] = *flag;
	}
	argv[count] = NULL;
	process->pid = spawn_program(argv, process->log, -1);
	process->ended = false;
	return process->pid > 0 ? 0 : -1;
}

/* Has it ended? Its wait status is kept then. */
static bool ended(struct suite_process *process, int timeout_ms)
{
	if (process->pid > 0 && !process->ended && spawn_wait(process->pid, timeout_ms, &process->state) == 0)
		process->ended = true;
	return process->pid <= 0 || process->ended;
}

static void tell_end(const struct suite_process *process, const char *how)
{
	char title[128];
	snprintf(title, sizeof title, "%s[%d] %s (%s %d)", process->service, process->index, how,
	         WIFSIGNALED(process->state) ? "signal" : "exit code",
	         WIFSIGNALED(process->state) ? WTERMSIG(process->state) : WEXITSTATUS(process->state));
	spawn_print_tail(process->log, title);
}

/* A process that ended though nobody told it to. */
static bool fell(struct suite_process *process)
{
	if (process->pid <= 0 || !ended(process, 0) || process->told)
		return false;
	tell_end(process, "ended by itself");
	return true;
}

bool suite_any_fell(struct suite *suite)
{
	bool any = false;
	for (size_t i = 0; i < suite->service_count; i++)
		for (int j = 0; j < suite->instances; j++)
			any |= fell(&suite->processes[i][j]);
	return any;
}

int suite_signal(struct suite *suite, const char *service, int index, int signal)
{
	struct suite_process *process = suite_process(suite, service, index);
	if (ended(process, 0))
		return complain("it does not run", service);
	if (signal == SIGTERM || signal == SIGINT || signal == SIGKILL)
		process->told = true;
	return kill(process->pid, signal) == 0 ? 0 : complain("cannot signal", service);
}

int suite_kill(struct suite *suite, const char *service, int index)
{
	struct suite_process *process = suite_process(suite, service, index);
	if (suite_signal(suite, service, index, SIGKILL) != 0)
		return -1;
	return ended(process, END_MS) ? 0 : complain("did not end", service);
}

int suite_restart_process(struct suite *suite, const char *service, int index)
{
	struct suite_process *process = suite_process(suite, service, index);
	if (!ended(process, 0) && suite_kill(suite, service, index) != 0)
		return -1;
	process->told = false;
	return start_process(suite, process);
}

void suite_set_database(struct suite *suite, const char *service, const char *url)
{
	for (int i = 0; i < suite->instances; i++)
		suite_process(suite, service, i)->database = url;
}

bool suite_runs(const struct suite *suite, const char *service, int index)
{
	return !ended(suite_process(suite, service, index), 0);
}

pid_t suite_pid(const struct suite *suite, const char *service, int index)
{
	return suite_process(suite, service, index)->pid;
}

int suite_end_process(struct suite *suite, const char *service, int index)
{
	struct suite_process *process = suite_process(suite, service, index);
	if (suite_signal(suite, service, index, SIGTERM) != 0 || !ended(process, END_MS))
		return -1;
	return WIFEXITED(process->state) ? WEXITSTATUS(process->state) : -1;
}

/* ---- making ---------------------------------------------------------------------------------------------------------- */

static int make_directory(struct suite *suite, const struct suite_options *options)
{
	if (options->directory != NULL) {
		put(suite->directory, sizeof suite->directory, options->directory, "");
		if (mkdir(suite->directory, 0700) != 0 && errno != EEXIST)
			return complain("cannot make", suite->directory);
	} else {
		const char *parent = getenv("HEARTH_TEST_DIR");
		put(suite->directory, sizeof suite->directory, parent != NULL && strlen(parent) < 34 ? parent : "/tmp",
		    "/s-XXXXXX");
		if (mkdtemp(suite->directory) == NULL)
			return complain("cannot make", suite->directory);
		suite->own_directory = true;
	}
	put(suite->address, sizeof suite->address, "ipc://", suite->directory);
	put(suite->metrics, sizeof suite->metrics, suite->directory, "/metrics");
	put(suite->cli_log, sizeof suite->cli_log, suite->directory, "/hearth.log");
	return mkdir(suite->metrics, 0700) == 0 || errno == EEXIST ? 0 : complain("cannot make", suite->metrics);
}

static void host_of(const struct suite *suite, const struct suite_process *process, char ret_host[32])
{
	size_t service = 0;
	while (suite->services[service] != process->service)
		service++;
	snprintf(ret_host, 32, "%s.%zu.%d",
	         suite->network == NULL        ? "127.0"
	         : process->index % 2 == 1 ? SUPPORT_NETWORK_FAR
	                                   : SUPPORT_NETWORK_NEAR,
	         service + 10, process->index + 1);
}

void suite_name(struct suite *suite, const char *service, unsigned processes)
{
	char name[64], addresses[400] = "";
	if (suite->dns == NULL)
		return;
	put(name, sizeof name, service, ".suite.test");
	for (int i = 0; i < suite->instances; i++) {
		char host[32], before[400];
		if (!(processes >> i & 1))
			continue;
		host_of(suite, suite_process(suite, service, i), host);
		memcpy(before, addresses, sizeof before);
		snprintf(addresses, sizeof addresses, "%.360s%s%s", before, *before ? " " : "", host);
	}
	dns_server_set(suite->dns, name, addresses);
}

/* A port that is free here is most likely free at the next loopback address too. */
static int free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000a01) };
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || getsockname(fd, (struct sockaddr *)&at, &size) != 0)
		at.sin_port = 0;
	close(fd);
	return ntohs(at.sin_port);
}

/* Where each process listens, and by what address it is found. */
static void choose_addresses(struct suite *suite)
{
	int port = suite->dns != NULL ? free_port() : 0;
	if (suite->dns != NULL)
		snprintf(suite->address, sizeof suite->address, "dns://{service}.suite.test:%d", port);
	for (size_t i = 0; i < suite->service_count; i++) {
		for (int j = 0; j < suite->instances; j++) {
			struct suite_process *process = &suite->processes[i][j];
			char host[32];
			process->service = suite->services[i];
			process->index = j;
			put(process->listen, sizeof process->listen, suite->address, "");
			host_of(suite, process, host);
			if (suite->dns != NULL)
				snprintf(process->listen, sizeof process->listen, "tcp://%s:%d", host, port);
		}
		suite_name(suite, suite->services[i], ~0u);
	}
}

static int make_database(struct suite *suite, const struct suite_options *options)
{
	static unsigned count;
	suite->pg = options->pg != NULL ? options->pg : support_pg_start();
	suite->own_pg = options->pg == NULL;
	if (suite->pg == NULL)
		return -1;
	if (options->database != NULL) {
		put(suite->database, sizeof suite->database, options->database, "");
	} else {
		snprintf(suite->database, sizeof suite->database, "hearth_suite_%ld_%u", (long)getpid(), count++);
		if (support_pg_create_database(suite->pg, suite->database) != 0)
			return -1;
		suite->own_database = true;
	}
	suite->admin_url = support_pg_url(suite->pg, support_pg_is_foreign(suite->pg) ? NULL : "hearth", suite->database);
	if (suite_hearth(suite, NULL, "migrate", "--admin-url", suite->admin_url, NULL) == 0)
		return 0;
	spawn_print_tail(suite->cli_log, "hearth migrate");
	return complain("cannot migrate", suite->database);
}

static void choose_services(struct suite *suite, const struct suite_options *options)
{
	const char *const *names = options->services != NULL ? options->services : all_services;
	for (; *names != NULL; names++) {
		char program[512];
		int length = snprintf(program, sizeof program, "%s/hearth-%s", suite->bin, *names);
		assert(length < (int)sizeof program && suite->service_count < SUITE_SERVICES_MOST);
		if (options->services != NULL || access(program, X_OK) == 0)
			suite->services[suite->service_count++] = *names;
	}
}

static int start_processes(struct suite *suite)
{
	for (size_t i = 0; i < suite->service_count; i++)
		for (int j = 0; j < suite->instances; j++) {
			struct suite_process *process = &suite->processes[i][j];
			snprintf(process->log, sizeof process->log, "%s/%s-%d.log", suite->directory, process->service, j);
			if (j >= suite->instances - (i % 2 == 0 ? suite->fewer : 0))
				continue;
			if (start_process(suite, process) != 0)
				return -1;
		}
	return 0;
}

struct suite *suite_start(const struct suite_options *options)
{
	struct suite *suite = calloc(1, sizeof *suite);
	if (suite == NULL)
		abort();
	const char *bin = getenv("HEARTH_BIN");
	suite->bin = bin != NULL && bin[0] != '\0' ? bin : "build/bin";
	suite->instances = options->instances > 0 ? options->instances : 1;
	suite->fewer = options->fewer;
	suite->flags = options->flags;
	suite->dns = options->dns;
	suite->network = options->network;
	suite->proxy = options->proxy;
	assert(suite->instances <= SUITE_INSTANCES_MOST);
	put(suite->clock, sizeof suite->clock, options->clock != NULL ? options->clock : "", "");
	choose_services(suite, options);
	if (make_directory(suite, options) != 0) {
		suite_stop(&suite);
		return NULL;
	}
	choose_addresses(suite);
	if (make_database(suite, options) != 0 || start_processes(suite) != 0 ||
	    suite_wait_ready(suite, READY_MS) != 0)
		suite_stop(&suite);
	return suite;
}

/* ---- ending ---------------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	(void)remove(path);
	return 0;
}

static int end_processes(struct suite *suite)
{
	int outcome = 0;
	for (size_t i = 0; i < suite->service_count; i++)
		for (int j = 0; j < suite->instances; j++) {
			struct suite_process *process = &suite->processes[i][j];
			process->left_to_us = process->pid > 0 && !ended(process, 0);
			if (process->left_to_us) {
				kill(process->pid, SIGCONT);
				kill(process->pid, SIGTERM);
			}
		}
	for (size_t i = 0; i < suite->service_count; i++)
		for (int j = 0; j < suite->instances; j++) {
			struct suite_process *process = &suite->processes[i][j];
			if (process->left_to_us && !ended(process, END_MS)) {
				complain("had to be killed", process->log);
				kill(process->pid, SIGKILL);
				ended(process, END_MS);
				outcome = -1;
			} else if (process->left_to_us && process->state != 0) {
				tell_end(process, "ended badly");
				outcome = -1;
			}
		}
	return outcome;
}

int suite_stop(struct suite **suite)
{
	struct suite *old = *suite;
	if (old == NULL)
		return 0;
	suite_free_clients(old);
	int outcome = suite_any_fell(old) ? -1 : 0;
	if (end_processes(old) != 0)
		outcome = -1;
	if (old->own_database)
		support_pg_drop_database(old->pg, old->database);
	if (old->own_pg)
		support_pg_stop(&old->pg);
	if (old->own_directory && getenv("HEARTH_KEEP") == NULL)
		nftw(old->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(old);
	*suite = NULL;
	return outcome;
}

/* ---- the command line ------------------------------------------------------------------------------------------------- */

static char *read_all(int fd)
{
	size_t size = 0, room = 4096;
	char *text = malloc(room + 1);
	for (;;) {
		if (text == NULL)
			abort();
		ssize_t got = read(fd, text + size, room - size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		size += (size_t)got;
		if (size == room)
			text = realloc(text, (room *= 2) + 1);
	}
	text[size] = '\0';
	return text;
}

int suite_hearth(struct suite *suite, char **ret_out, const char *argument, ...)
{
	char program[512];
	const char *dns = suite->dns != NULL ? dns_server_address(suite->dns) : "";
	const char *argv[FLAGS_MOST + 1] = { program, "--services", suite->address, "--dns-servers", dns };
	size_t count = 5;
	int ends[2], state = 0;
	va_list rest;
	put(program, sizeof program, suite->bin, "/hearth");
	va_start(rest, argument);
	for (; argument != NULL; argument = va_arg(rest, const char *)) {
		assert(count < FLAGS_MOST);
		argv[count++] = argument;
	}
	va_end(rest);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return complain("cannot make a pipe for", program);
	pid_t child = spawn_program(argv, suite->cli_log, ends[1]);
	close(ends[1]);
	char *out = read_all(ends[0]);
	close(ends[0]);
	if (ret_out != NULL)
		*ret_out = out;
	else
		free(out);
	if (child < 0 || waitpid(child, &state, 0) != child)
		return -1;
	return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* ---- what it is ------------------------------------------------------------------------------------------------------ */

const char *suite_address(const struct suite *suite)
{
	return suite->address;
}

const char *suite_directory(const struct suite *suite)
{
	return suite->directory;
}

const char *suite_admin_url(const struct suite *suite)
{
	return suite->admin_url;
}

const char *suite_database(const struct suite *suite)
{
	return suite->database;
}

struct support_pg *suite_pg(const struct suite *suite)
{
	return suite->pg;
}

const char *const *suite_services(const struct suite *suite)
{
	return suite->services;
}

int suite_instances(const struct suite *suite)
{
	return suite->instances;
}
