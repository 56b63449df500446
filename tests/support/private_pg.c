/* private_pg.c: a PostgreSQL of our own: made, started, killed, found again, ended.
 *
 * The server is a child in a session of its own (Ctrl-C at the terminal does not reach it before its users) with
 * PDEATHSIG, so that it stops when we die. It is asked with PQping whether it is there; after kill -9 its old backends
 * may linger for a moment and hold the shared memory, so that a start is tried again for some seconds.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <libpq-fe.h>

#include "pg_place.h"
#include "pg_url.h"
#include "private_pg.h"

#define START_SECONDS 30
#define STOP_SECONDS 30
#define TEXTS_MOST 256
#define BACKENDS_MOST 512

struct support_pg {
	struct pg_place place;
	pid_t child;               /* 0: not ours, or not running */
	bool own;                  /* started here */
	bool detached;
	bool temporary;
	char *server;              /* connection string of somebody else's server, or NULL */
	size_t text_count;
	char *texts[TEXTS_MOST];   /* what support_pg_url gave */
};

/* Roles that the map of a new server holds; others join when support_pg_url is asked for them. */
static const char *const known_roles[] = { "hearth", "hearth_referrals", "hearth_placements", "hearth_providers",
	"hearth_finance", "hearth_careleavers", NULL };

static void pause_ms(long ms)
{
	struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&time, NULL);
}

static int complain(const char *what, const char *detail)
{
	fprintf(stderr, "private PostgreSQL: %s: %s\n", what, detail);
	return -1;
}

static void path_in(char ret_path[PATH_MAX], const char *home, const char *name)
{
	int length = snprintf(ret_path, PATH_MAX, "%s/%s", home, name);
	assert(length > 0 && length < PATH_MAX);
}

/* ---- the data directory ---------------------------------------------------------------------------------------------- */

/* Runs in a child as the server's user. */
static int write_access(const char *data)
{
	static const char access_lines[] = "local all all peer map=run\n";
	char path[PATH_MAX];
	path_in(path, data, "pg_hba.conf");
	FILE *hba = fopen(path, "we");
	if (hba == NULL || fputs(access_lines, hba) < 0 || fclose(hba) != 0)
		return -1;
	path_in(path, data, "pg_ident.conf");
	FILE *map = fopen(path, "we");
	if (map == NULL)
		return -1;
	return fclose(map);
}

/* The users of this machine who may be any role: the server's and ours. */
static int write_map(const struct pg_place *place, const char *data)
{
	char path[PATH_MAX];
	path_in(path, data, "pg_ident.conf");
	FILE *map = fopen(path, "ae");
	if (map == NULL)
		return complain("cannot write", path);
	for (const char *const *role = known_roles; *role != NULL; role++) {
		fprintf(map, "run \"%s\" \"%s\"\n", place->user, *role);
		if (geteuid() == 0)
			fprintf(map, "run root \"%s\"\n", *role);
	}
	return fclose(map) == 0 ? 0 : complain("cannot write", path);
}

static void print_tail(const char *path)
{
	char line[512];
	FILE *log = fopen(path, "re");
	if (log == NULL)
		return;
	if (fseek(log, -4096, SEEK_END) != 0)
		rewind(log);
	while (fgets(line, sizeof line, log) != NULL)
		fputs(line, stderr);
	fclose(log);
}

/* initdb into a name of its own first: a half-made one is never taken for data. */
static int make_data(const struct support_pg *pg)
{
	char data[PATH_MAX], fresh[PATH_MAX], log[PATH_MAX], program[600];
	path_in(data, pg->place.home, "data");
	path_in(fresh, pg->place.home, "data.new");
	path_in(log, pg->place.home, "log");
	if (access(data, F_OK) == 0)
		return 0;
	snprintf(program, sizeof program, "%s/initdb", pg->place.bindir);
	const char *remove_argv[] = { "/bin/rm", "-rf", fresh, NULL };
	const char *argv[] = { program, "-D", fresh, "-U", "hearth", "-A", "peer", "-k", "-E", "UTF8", "--locale=C.UTF-8",
		pg->temporary ? "--no-sync" : NULL, NULL };
	pg_place_run(&pg->place, log, remove_argv);
	if (pg_place_run(&pg->place, log, argv) != 0) {
		print_tail(log);
		return complain("initdb failed in", pg->place.home);
	}
	pid_t child = fork();
	if (child == 0) {
		pg_place_become(&pg->place);
		_exit(write_access(fresh) == 0 ? 0 : 1);
	}
	int state = 0;
	if (child < 0 || waitpid(child, &state, 0) != child || state != 0 || write_map(&pg->place, fresh) != 0)
		return complain("cannot set up", fresh);
	return rename(fresh, data) == 0 ? 0 : complain("cannot rename", fresh);
}

/* ---- the server ------------------------------------------------------------------------------------------------------ */

/* Its process, when it runs: the pid of its file whose working directory is the data (a pid may be somebody else's by
 * now). 0: none. */
static pid_t running(const struct support_pg *pg)
{
	char path[PATH_MAX], data[PATH_MAX], proc[64], where[PATH_MAX];
	path_in(data, pg->place.home, "data");
	path_in(path, pg->place.home, "data/postmaster.pid");
	FILE *file = fopen(path, "re");
	if (file == NULL)
		return 0;
	char line[32] = "";
	bool read = fgets(line, sizeof line, file) != NULL;
	fclose(file);
	long pid = read ? strtol(line, NULL, 10) : 0;
	if (pid <= 1)
		return 0;
	snprintf(proc, sizeof proc, "/proc/%ld/cwd", pid);
	ssize_t length = readlink(proc, where, sizeof where - 1);
	if (length < 0)
		return 0;
	where[length] = '\0';
	return strcmp(where, data) == 0 ? (pid_t)pid : 0;
}

static void run_server(const struct support_pg *pg, pid_t parent)
{
	char data[PATH_MAX], log[PATH_MAX], program[600], sockets[120];
	path_in(data, pg->place.home, "data");
	path_in(log, pg->place.home, "log");
	snprintf(program, sizeof program, "%s/postgres", pg->place.bindir);
	snprintf(sockets, sizeof sockets, "unix_socket_directories=%s", pg->place.socket);
	setsid();
	pg_place_become(&pg->place);
	/* After the change of user, which clears it. SIGINT: stop now, in order. */
	if (!pg->detached && (prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent))
		_exit(127);
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	closefrom(3);
	execl(program, program, "-D", data, "-c", "listen_addresses=", "-c", sockets, "-c", "fsync=on", "-c",
	      "max_connections=300", "-c", "timezone=UTC", "-c", "log_timezone=UTC", "-c", "log_min_error_statement=panic",
	      "-c", "log_statement=none", (char *)NULL);
	_exit(127);
}

static int spawn(struct support_pg *pg)
{
	pid_t parent = getpid();
	sigset_t none;
	sigemptyset(&none);
	pid_t child = fork();
	if (child < 0)
		return complain("cannot fork", strerror(errno));
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		run_server(pg, parent);
	}
	pg->child = child;
	return 0;
}

static bool answers(const struct support_pg *pg)
{
	const char *const keys[] = { "host", "dbname", "user", "connect_timeout", NULL };
	const char *const values[] = { pg->place.socket, "postgres", "hearth", "2", NULL };
	return PQpingParams(keys, values, 0) == PQPING_OK;
}

static bool child_gone(struct support_pg *pg)
{
	if (pg->child == 0)
		return true;
	pid_t got = waitpid(pg->child, NULL, WNOHANG);
	if (got == 0)
		return false;
	pg->child = 0;
	return true;
}

static int start_server(struct support_pg *pg)
{
	char log[PATH_MAX];
	path_in(log, pg->place.home, "log");
	if (make_data(pg) != 0)
		return -1;
	if (running(pg) != 0)
		return complain("already running", pg->place.dir);
	for (int waited_ms = 0; waited_ms < START_SECONDS * 1000; waited_ms += 50) {
		if (child_gone(pg)) {
			if (waited_ms > 0) {
				pause_ms(200);
				waited_ms += 200;
			}
			if (spawn(pg) != 0)
				return -1;
		}
		/* The ping could still reach a dying predecessor: our own must be the one. */
		if (running(pg) == pg->child && answers(pg))
			return 0;
		pause_ms(50);
	}
	print_tail(log);
	return complain("did not start; its log ends above", log);
}

/* Ends a process, hard in the end; it need not be our child. */
static int end_process(struct support_pg *pg, pid_t pid)
{
	static const int signals[] = { SIGINT, SIGQUIT, SIGKILL };
	for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
		kill(pid, signals[i]);
		for (int waited_ms = 0; waited_ms < STOP_SECONDS * 1000; waited_ms += 20) {
			if (pg->child == pid ? child_gone(pg) : (kill(pid, 0) != 0 || running(pg) != pid))
				return 0;
			pause_ms(20);
		}
	}
	return complain("cannot be stopped", pg->place.dir);
}

static void stop_server(struct support_pg *pg)
{
	if (pg->child != 0)
		end_process(pg, pg->child);
}

static PGconn *connect_admin(const struct support_pg *pg);

/* ---- from outside ---------------------------------------------------------------------------------------------------- */

/* Removes what processes that are no more have left in .run: a test that fails ends at once. */
static void sweep(void)
{
	DIR *left = opendir(".run");
	if (left == NULL)
		return;
	for (const struct dirent *entry = readdir(left); entry != NULL; entry = readdir(left)) {
		struct pg_place place;
		char path[300];
		long pid = strncmp(entry->d_name, "pg-", 3) == 0 ? strtol(entry->d_name + 3, NULL, 10) : 0;
		snprintf(path, sizeof path, ".run/%s", entry->d_name);
		if (pid > 0 && kill((pid_t)pid, 0) != 0 && errno == ESRCH && pg_place_read(path, &place) == 0)
			pg_place_remove(&place);
	}
	closedir(left);
}

static struct support_pg *begin(const char *dir, bool detached)
{
	static unsigned count;
	char fresh[128];
	struct support_pg *pg = calloc(1, sizeof *pg);
	if (pg == NULL)
		abort();
	pg->own = true;
	pg->detached = detached;
	pg->temporary = dir == NULL;
	if (dir == NULL) {
		const char *parent = getenv("HEARTH_TEST_DIR");
		sweep();
		snprintf(fresh, sizeof fresh, "%s/pg-%ld-%u", parent != NULL && strlen(parent) < 64 ? parent : ".run",
		         (long)getpid(), count++);
		dir = fresh;
	}
	if (pg_place_make(dir, &pg->place) != 0 || start_server(pg) != 0) {
		stop_server(pg);
		free(pg);
		return NULL;
	}
	return pg;
}

struct support_pg *support_pg_start_own(const char *dir)
{
	return begin(dir, false);
}

struct support_pg *support_pg_start_detached(const char *dir)
{
	return begin(dir, true);
}

struct support_pg *support_pg_start(void)
{
	const char *socket = getenv("HEARTH_TEST_PG");
	if (socket == NULL || socket[0] == '\0')
		return support_pg_start_own(NULL);
	struct support_pg *pg = calloc(1, sizeof *pg);
	if (pg == NULL)
		abort();
	snprintf(pg->place.socket, sizeof pg->place.socket, "%s", socket);
	if (!answers(pg)) {
		complain("HEARTH_TEST_PG does not answer", socket);
		free(pg);
		return NULL;
	}
	return pg;
}

struct support_pg *support_pg_at(const char *url)
{
	struct support_pg *pg = calloc(1, sizeof *pg);
	if (pg == NULL || (pg->server = strdup(url)) == NULL)
		abort();
	PGconn *db = connect_admin(pg);
	if (db == NULL)
		support_pg_stop(&pg);
	PQfinish(db);
	return pg;
}

bool support_pg_is_foreign(const struct support_pg *pg)
{
	return pg->server != NULL;
}

struct support_pg *support_pg_find(const char *dir)
{
	struct support_pg *pg = calloc(1, sizeof *pg);
	if (pg == NULL)
		abort();
	if (pg_place_read(dir, &pg->place) != 0 || running(pg) == 0) {
		free(pg);
		return NULL;
	}
	return pg;
}

int support_pg_end(struct support_pg *pg)
{
	pid_t pid = running(pg);
	return pid == 0 ? 0 : end_process(pg, pid);
}

void support_pg_stop(struct support_pg **pg)
{
	if (*pg == NULL)
		return;
	if ((*pg)->own && !(*pg)->detached) {
		stop_server(*pg);
		(void)rmdir((*pg)->place.socket);      /* empty by now; made again by the next start */
	}
	if ((*pg)->temporary)
		pg_place_remove(&(*pg)->place);
	for (size_t i = 0; i < (*pg)->text_count; i++)
		free((*pg)->texts[i]);
	free((*pg)->server);
	free(*pg);
	*pg = NULL;
}

void support_pg_remove(struct support_pg **pg)
{
	if (*pg == NULL)
		return;
	assert((*pg)->own && !(*pg)->detached);
	(*pg)->temporary = true;
	support_pg_stop(pg);
}

/* Its processes at this moment; the number. */
static size_t backends_of(pid_t server, pid_t *ret_pids, size_t most)
{
	char path[64];
	size_t count = 0;
	long pid;
	snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long)server, (long)server);
	FILE *children = fopen(path, "re");
	while (children != NULL && count < most && fscanf(children, "%ld", &pid) == 1)
		ret_pids[count++] = (pid_t)pid;
	if (children != NULL)
		fclose(children);
	return count;
}

int support_pg_kill(struct support_pg *pg)
{
	pid_t backends[BACKENDS_MOST];
	assert(pg->own && !pg->detached);
	if (pg->child == 0)
		return complain("nothing to kill", pg->place.dir);
	/* Backends outlive their server by a moment and might still answer: a fault takes all. Stopped, it makes no more. */
	kill(pg->child, SIGSTOP);
	size_t count = backends_of(pg->child, backends, BACKENDS_MOST);
	kill(pg->child, SIGKILL);
	for (size_t i = 0; i < count; i++)
		kill(backends[i], SIGKILL);
	while (waitpid(pg->child, NULL, 0) < 0 && errno == EINTR)
		continue;
	pg->child = 0;
	return 0;
}

int support_pg_halt(struct support_pg *pg, int signal)
{
	assert(pg->own && !pg->detached);
	if (pg->child == 0)
		return complain("nothing to stop", pg->place.dir);
	kill(pg->child, signal);
	for (int waited_ms = 0; waited_ms < STOP_SECONDS * 1000; waited_ms += 5) {
		if (child_gone(pg))
			return 0;
		pause_ms(5);
	}
	return complain("does not stop", pg->place.dir);
}

bool support_pg_fell(struct support_pg *pg, int *ret_state)
{
	assert(pg->own && !pg->detached);
	if (pg->child == 0 || waitpid(pg->child, ret_state, WNOHANG) != pg->child)
		return false;
	pg->child = 0;
	return true;
}

int support_pg_restart(struct support_pg *pg)
{
	assert(pg->own && !pg->detached);
	stop_server(pg);
	return start_server(pg);
}

const char *support_pg_socket(const struct support_pg *pg)
{
	return pg->place.socket;
}

/* ---- databases ------------------------------------------------------------------------------------------------------- */

static PGconn *connect_admin(const struct support_pg *pg)
{
	char *own = pg->server == NULL ? pg_url_of_socket(pg->place.socket, "hearth", "postgres") : NULL;
	PGconn *db = PQconnectdb(own != NULL ? own : pg->server);
	free(own);
	if (PQstatus(db) == CONNECTION_OK)
		return db;
	if (pg->server != NULL)
		fprintf(stderr, "The server of HEARTH_DATABASE_URL: cannot connect: %s", PQerrorMessage(db));
	else
		complain("cannot connect", PQerrorMessage(db));
	PQfinish(db);
	return NULL;
}

static int run_for_database(const struct support_pg *pg, const char *before, const char *name, const char *after)
{
	char sql[512];
	PGconn *db = connect_admin(pg);
	if (db == NULL)
		return -1;
	PGresult *quiet = PQexec(db, "SET client_min_messages = error");
	PQclear(quiet);
	char *quoted = PQescapeIdentifier(db, name, strlen(name));
	snprintf(sql, sizeof sql, "%s %s %s", before, quoted, after);
	PQfreemem(quoted);
	PGresult *result = PQexec(db, sql);
	int outcome = PQresultStatus(result) == PGRES_COMMAND_OK ? 0 : complain(sql, PQresultErrorMessage(result));
	PQclear(result);
	PQfinish(db);
	return outcome;
}

int support_pg_create_database(struct support_pg *pg, const char *name)
{
	return run_for_database(pg, "CREATE DATABASE", name, "TEMPLATE template0");
}

int support_pg_drop_database(struct support_pg *pg, const char *name)
{
	return run_for_database(pg, "DROP DATABASE IF EXISTS", name, "WITH (FORCE)");
}

/* Lets us be a role that the map does not hold yet. */
static void allow_role(struct support_pg *pg, const char *role)
{
	for (const char *const *known = known_roles; *known != NULL; known++)
		if (strcmp(*known, role) == 0)
			return;
	PGconn *db = connect_admin(pg);
	if (db == NULL)
		return;
	const struct passwd *me = getpwuid(geteuid());
	PGresult *result = PQexec(db, "SELECT setting FROM pg_settings WHERE name = 'ident_file'");
	FILE *map = PQntuples(result) == 1 ? fopen(PQgetvalue(result, 0, 0), "ae") : NULL;
	PQclear(result);
	if (map != NULL) {
		fprintf(map, "run \"%s\" \"%s\"\n", me != NULL ? me->pw_name : "root", role);
		fclose(map);
		PQclear(PQexec(db, "SELECT pg_reload_conf()"));
		pause_ms(300);
	}
	PQfinish(db);
}

const char *support_pg_url(struct support_pg *pg, const char *user, const char *dbname)
{
	if (user != NULL && pg->server == NULL)
		allow_role(pg, user);
	char *text = pg->server != NULL ? pg_url_of_server(pg->server, user, dbname)
	                                : pg_url_of_socket(pg->place.socket, user, dbname);
	if (text == NULL)
		abort();
	for (size_t i = 0; i < pg->text_count; i++)
		if (strcmp(pg->texts[i], text) == 0) {
			free(text);
			return pg->texts[i];
		}
	assert(pg->text_count < TEXTS_MOST);
	return pg->texts[pg->text_count++] = text;
}
