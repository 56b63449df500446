/* bench_sql.c: the references that speak to PostgreSQL without Hearth: libpq and one statement.
 *
 *	bench_sql blocking CONNECTIONS SECONDS WARM FILE [LOCK]   threads, each with a connection: BEGIN, LOCK, the statement,
 *	                                                          COMMIT, each a round trip
 *	bench_sql grouped SIZE SECONDS WARM FILE [LOCK]           one connection: SIZE statements pipelined in a transaction
 *
 * The connection is that of the PG* environment; FILE holds one statement with $1 to $4: two random UUIDs and two random
 * texts. LOCK is a statement that comes first in each transaction. Prints statements/s, p50 and p99 in microseconds of a
 * transaction, errors.
 */
#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>
#include <sodium.h>

#include <hearth/arena.h>
#include <hearth/clock.h>
#include <hearth/text.h>

#define MOST_THREADS 256
#define MOST_SIZE 10000
#define MOST_SAMPLES 400000
#define MOST_PARAMETERS 4

struct job {
	const char *statement, *lock;
	int64_t from_us, stop_us;
	int size;
};

struct worker {
	const struct job *job;
	PGconn *pg;
	pthread_t thread;
	int parameters;
	int64_t done, errors;
	uint32_t *samples;
	size_t count;
	char values[MOST_PARAMETERS][HEARTH_UUID_SIZE];
};

static void die(PGconn *pg, const char *what)
{
	fprintf(stderr, "bench_sql: %s: %s", what, PQerrorMessage(pg));
	exit(1);
}

static void check(struct worker *worker, PGresult *result, ExecStatusType wanted)
{
	if (PQresultStatus(result) != wanted)
		die(worker->pg, "statement failed");
	PQclear(result);
}

static void open_worker(struct worker *worker, const struct job *job)
{
	worker->job = job;
	worker->pg = PQconnectdb("");
	if (PQstatus(worker->pg) != CONNECTION_OK)
		die(worker->pg, "cannot connect");
	check(worker, PQprepare(worker->pg, "begin", "BEGIN", 0, NULL), PGRES_COMMAND_OK);
	check(worker, PQprepare(worker->pg, "commit", "COMMIT", 0, NULL), PGRES_COMMAND_OK);
	check(worker, PQprepare(worker->pg, "statement", job->statement, 0, NULL), PGRES_COMMAND_OK);
	if (job->lock)
		check(worker, PQprepare(worker->pg, "lock", job->lock, 0, NULL), PGRES_COMMAND_OK);
	PGresult *described = PQdescribePrepared(worker->pg, "statement");
	worker->parameters = PQnparams(described);
	assert(worker->parameters <= MOST_PARAMETERS);
	PQclear(described);
	worker->samples = hearth_alloc(MOST_SAMPLES * sizeof *worker->samples);
}

static void draw(struct worker *worker, const char *ret_values[MOST_PARAMETERS])
{
	for (int i = 0; i < worker->parameters; i++) {
		struct hearth_uuid uuid;
		hearth_uuid_new(&uuid);
		hearth_uuid_format(&uuid, worker->values[i]);
		if (i >= 2)
			memmove(worker->values[i], worker->values[i] + 24, 13);      /* the random end of it */
		ret_values[i] = worker->values[i];
	}
}

static void count(struct worker *worker, int64_t began_us, int64_t done)
{
	int64_t now_us = hearth_clock_mono();
	if (now_us < worker->job->from_us || now_us >= worker->job->stop_us)
		return;
	worker->done += done;
	if (worker->count < MOST_SAMPLES)
		worker->samples[worker->count++] = (uint32_t)(now_us - began_us);
}

static void *block(void *context)
{
	struct worker *worker = context;
	while (hearth_clock_mono() < worker->job->stop_us) {
		const char *values[MOST_PARAMETERS];
		int64_t began_us = hearth_clock_mono();
		draw(worker, values);
		check(worker, PQexecPrepared(worker->pg, "begin", 0, NULL, NULL, NULL, 0), PGRES_COMMAND_OK);
		if (worker->job->lock)
			check(worker, PQexecPrepared(worker->pg, "lock", 0, NULL, NULL, NULL, 0), PGRES_TUPLES_OK);
		check(worker, PQexecPrepared(worker->pg, "statement", worker->parameters, values, NULL, NULL, 0), PGRES_TUPLES_OK);
		check(worker, PQexecPrepared(worker->pg, "commit", 0, NULL, NULL, NULL, 0), PGRES_COMMAND_OK);
		count(worker, began_us, 1);
	}
	return NULL;
}

static void send_plain(struct worker *worker, const char *name)
{
	if (!PQsendQueryPrepared(worker->pg, name, 0, NULL, NULL, NULL, 0))
		die(worker->pg, "cannot send");
}

static void take_group(struct worker *worker)
{
	for (int silent = 0; silent < 3;) {
		PGresult *result = PQgetResult(worker->pg);
		ExecStatusType status = PQresultStatus(result);
		silent = result ? 0 : silent + 1;
		if (result && status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_PIPELINE_SYNC)
			die(worker->pg, "statement failed");
		PQclear(result);
		if (status == PGRES_PIPELINE_SYNC && result)
			return;
	}
}

static void *group(void *context)
{
	struct worker *worker = context;
	if (!PQenterPipelineMode(worker->pg))
		die(worker->pg, "no pipeline");
	while (hearth_clock_mono() < worker->job->stop_us) {
		int64_t began_us = hearth_clock_mono();
		send_plain(worker, "begin");
		if (worker->job->lock)
			send_plain(worker, "lock");
		for (int i = 0; i < worker->job->size; i++) {
			const char *values[MOST_PARAMETERS];
			draw(worker, values);
			if (!PQsendQueryPrepared(worker->pg, "statement", worker->parameters, values, NULL, NULL, 0))
				die(worker->pg, "cannot send");
		}
		send_plain(worker, "commit");
		if (!PQpipelineSync(worker->pg))
			die(worker->pg, "cannot sync");
		take_group(worker);
		count(worker, began_us, worker->job->size);
	}
	return NULL;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static void print(struct worker *workers, int count_of_workers, double seconds)
{
	uint32_t *all = hearth_alloc((size_t)count_of_workers * MOST_SAMPLES * sizeof *all);
	size_t total = 0;
	int64_t done = 0;
	for (int i = 0; i < count_of_workers; i++) {
		memcpy(all + total, workers[i].samples, workers[i].count * sizeof *all);
		total += workers[i].count;
		done += workers[i].done;
	}
	qsort(all, total, sizeof *all, compare);
	printf("%.0f %u %u 0\n", (double)done / seconds, total ? all[total / 2] : 0, total ? all[total * 99 / 100] : 0);
	free(all);
}

static const char *read_file(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "r");
	size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
	if (size == 0) {
		fprintf(stderr, "bench_sql: cannot read %s\n", path);
		exit(1);
	}
	fclose(file);
	return text;
}

int main(int argc, char **argv)
{
	static struct worker workers[MOST_THREADS];
	int number = argc >= 6 ? atoi(argv[2]) : 0;
	bool grouped = argc >= 6 && strcmp(argv[1], "grouped") == 0;
	if (number < 1 || number > (grouped ? MOST_SIZE : MOST_THREADS) || sodium_init() < 0) {
		fprintf(stderr, "usage: bench_sql blocking CONNECTIONS|grouped SIZE SECONDS WARM_SECONDS FILE [LOCK]\n");
		return 2;
	}
	double seconds = atof(argv[3]), warm = atof(argv[4]);
	struct job job = { .statement = read_file(argv[5]), .lock = argc > 6 ? argv[6] : NULL, .size = number };
	int threads = grouped ? 1 : number;
	for (int i = 0; i < threads; i++)
		open_worker(&workers[i], &job);
	job.from_us = hearth_clock_mono() + (int64_t)(warm * 1e6);
	job.stop_us = job.from_us + (int64_t)(seconds * 1e6);
	for (int i = 0; i < threads; i++)
		if (pthread_create(&workers[i].thread, NULL, grouped ? group : block, &workers[i]) != 0)
			return 1;
	for (int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	print(workers, threads, seconds);
	for (int i = 0; i < threads; i++) {
		PQfinish(workers[i].pg);
		free(workers[i].samples);
	}
	return 0;
}
