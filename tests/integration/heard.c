/* heard.c: see heard.h. */
#include "heard.h"

#include <arpa/inet.h>
#include <check.h>
#include <dirent.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tables.h"

void heard_sql(struct suite *suite, const char *sql)
{
	PGresult *result = PQexec(tables_db(suite), sql);
	ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK, "%s",
	              PQresultErrorMessage(result));
	PQclear(result);
}

void heard_tell(struct suite *suite, const char *child, const char *born)
{
	char sql[900];
	snprintf(sql, sizeof sql, "INSERT INTO placements.outbox (type, aggregatetype, aggregateid, version, partition_key, "
	         "authority, time, payload, personal) VALUES ('hearth.child.recorded.v1', 'child', '%s', 1, '%s', '"
	         HEARD_AUTHORITY "', '2024-06-03T09:00:00Z', '{\"childId\": \"%s\"}', "
	         "CASE WHEN '%s' <> '' THEN jsonb_build_object('dateOfBirth', jsonb_build_object('value', '%s')) END)",
	         child, child, child, born, born);
	heard_sql(suite, sql);
}

void heard_poison(struct suite *suite, const char *child, const char *sqlstate)
{
	char sql[900];
	heard_cure(suite);
	snprintf(sql, sizeof sql, "CREATE FUNCTION public.heard_poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
	         "IF NEW.child_id::text LIKE '%s' THEN RAISE EXCEPTION 'born on %%', NEW.date_of_birth USING ERRCODE = '%s'; END IF; "
	         "RETURN NEW; END $$; CREATE TRIGGER heard_poison BEFORE INSERT OR UPDATE ON careleavers.young_person "
	         "FOR EACH ROW EXECUTE FUNCTION public.heard_poison()", child, sqlstate);
	heard_sql(suite, sql);
}

void heard_cure(struct suite *suite)
{
	heard_sql(suite, "SET client_min_messages = warning; DROP TRIGGER IF EXISTS heard_poison ON careleavers.young_person; "
	          "DROP FUNCTION IF EXISTS public.heard_poison()");
}

long heard_effects(struct suite *suite, const char *child)
{
	char sql[200];
	snprintf(sql, sizeof sql, "SELECT coalesce((SELECT version FROM careleavers.young_person WHERE authority = '"
	         HEARD_AUTHORITY "' AND child_id = '%s'), 0)", child);
	return tables_number(suite, sql);
}

const char *heard_born(struct suite *suite, const char *child)
{
	static char born[16];
	char sql[200];
	snprintf(sql, sizeof sql, "SELECT date_of_birth FROM careleavers.young_person WHERE authority = '" HEARD_AUTHORITY
	         "' AND child_id = '%s'", child);
	PGresult *result = PQexec(tables_db(suite), sql);
	snprintf(born, sizeof born, "%s", PQntuples(result) == 1 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	return born;
}

bool heard_comes(struct suite *suite, const char *sql, long wanted, int ms)
{
	for (int waited = 0; waited < ms && tables_number(suite, sql) != wanted; waited += 20)
		usleep(20000);
	return tables_number(suite, sql) == wanted;
}

/* ---- metrics ---- */

/* What the process serves, by the port that it listens on. */
static const char *fetch(unsigned port)
{
	static const char get[] = "GET /metrics HTTP/1.0\r\n\r\n";
	static char text[1 << 20];
	struct sockaddr_in where = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	                             .sin_port = htons((uint16_t)port) };
	size_t used = 0;
	ssize_t got;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	text[0] = '\0';
	if (connect(fd, (struct sockaddr *)&where, sizeof where) == 0 && write(fd, get, sizeof get - 1) > 0)
		while (used < sizeof text - 1 && (got = read(fd, text + used, sizeof text - 1 - used)) > 0)
			used += (size_t)got;
	text[used] = '\0';
	close(fd);
	return text;
}

/* The inode of a listening socket of 127.0.0.1 and its port, as the kernel lists them. */
static unsigned port_of_inode(unsigned long inode)
{
	char line[400];
	unsigned found = 0;
	FILE *file = fopen("/proc/net/tcp", "r");
	while (file && fgets(line, sizeof line, file) && !found) {
		unsigned port, state;
		unsigned long number;
		if (sscanf(line, " %*d: %*x:%x %*x:%*x %x %*x:%*x %*x:%*x %*x %*u %*u %lu", &port, &state, &number) == 3 &&
		    state == 10 && number == inode)
			found = port;
	}
	if (file)
		fclose(file);
	return found;
}

static unsigned port_of(pid_t pid)
{
	char path[64], target[128];
	unsigned port = 0;
	snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
	DIR *directory = opendir(path);
	for (struct dirent *entry = directory ? readdir(directory) : NULL; entry && !port; entry = readdir(directory)) {
		char name[400];
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		ssize_t size = readlink(name, target, sizeof target - 1);
		unsigned long inode;
		if (size <= 0)
			continue;
		target[size] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) == 1)
			port = port_of_inode(inode);
	}
	if (directory)
		closedir(directory);
	return port;
}

double heard_metric(struct suite *suite, const char *service, int index, const char *line)
{
	if (!suite_runs(suite, service, index))
		return -1;
	const char *text = fetch(port_of(suite_pid(suite, service, index)));
	const char *found = strstr(text, line);
	return found ? strtod(found + strlen(line), NULL) : -1;
}

static bool hangs(pid_t pid)
{
	char path[64], state = '?';
	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	FILE *file = fopen(path, "r");
	if (!file)
		return true;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = '?';
	fclose(file);
	return state == 'T';
}

int heard_active(struct suite *suite, int instances)
{
	for (int i = 0; i < instances; i++)
		if (suite_runs(suite, "careleavers", i) && !hangs(suite_pid(suite, "careleavers", i)) &&
		    heard_metric(suite, "careleavers", i, "hearth_events_active{source=\"placements\"} ") == 1)
			return i;
	return -1;
}
