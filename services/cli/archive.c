/* archive.c: `hearth archive list|verify|export`: events that a service wrote to its archive before it trimmed them.
 *
 * Reads the directory alone, no service and no database. A manifest (NAME.json) says what its file (NAME.jsonl.gz) holds;
 * files of one history follow each other: each begins after the seq that the one before it ends with.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <zlib.h>

#include "cli.h"

#define FILES_MOST 100000
#define LINE_MOST (4 * 1024 * 1024)

const char cli_archive_help[] =
	"Usage: hearth archive list DIRECTORY [--service S]\n"
	"       hearth archive verify DIRECTORY [--service S]\n"
	"       hearth archive export DIRECTORY [--service S] [--after SEQ] [--until SEQ]\n"
	"\n"
	"Events that services wrote to their archive (setting archive) before they trimmed them.\n"
	"\n"
	"  list     a line a file: service, history, seqs, number of events\n"
	"  verify   reads every file whole: its hash, its events and their order, and that each\n"
	"           file begins where the one before it ends. Exit code 1 when something is wrong.\n"
	"  export   prints the events, a line of JSON each, in order. They hold no personal fields.\n";

struct entry {
	const char *service, *epoch, *file, *hash;
	int64_t after, last, events;
};

struct archive {
	struct cli *cli;
	const char *directory, *service;
	int64_t after, until;
	struct entry *entries;
	size_t count;
	long wrong;
};

/* ---- manifests ---- */

static int64_t number_of(const json_t *value, const char *name)
{
	const json_t *number = json_object_get(value, name);
	return json_is_integer(number) ? (int64_t)json_integer_value(number) : -1;
}

static const char *text_of(struct archive *archive, const json_t *value, const char *name)
{
	const char *text = json_string_value(json_object_get(value, name));
	return text != NULL ? hearth_arena_strdup(archive->cli->arena, text) : "";
}

static void complain(struct archive *archive, const char *file, const char *what)
{
	fprintf(stderr, "%s: %s\n", file, what);
	archive->wrong++;
}

static void add_manifest(struct archive *archive, const char *name)
{
	const char *path = hearth_arena_printf(archive->cli->arena, "%s/%s", archive->directory, name);
	json_t *value = json_load_file(path, 0, NULL);
	struct entry entry = {text_of(archive, value, "service"), text_of(archive, value, "epoch"),
	                      text_of(archive, value, "file"), text_of(archive, value, "sha256"), number_of(value, "after"),
	                      number_of(value, "last"), number_of(value, "events")};
	bool good = entry.service[0] != '\0' && entry.file[0] != '\0' && strchr(entry.file, '/') == NULL && entry.after >= 0 &&
	            entry.last >= entry.after && entry.events >= 0;
	json_decref(value);
	if (!good)
		complain(archive, name, "is no manifest");
	else if (archive->service == NULL || strcmp(archive->service, entry.service) == 0)
		archive->entries[archive->count++] = entry;
}

/* An empty file ends where it begins, as does the one before it. */
static int in_order(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = strcmp(a->service, b->service);
	if (order == 0 && a->last != b->last)
		order = a->last < b->last ? -1 : 1;
	if (order == 0 && a->after != b->after)
		order = a->after < b->after ? -1 : 1;
	return order != 0 ? order : strcmp(a->epoch, b->epoch);
}

static int read_directory(struct archive *archive, struct hearth_status *status)
{
	DIR *directory = opendir(archive->directory);
	if (directory == NULL)
		return hearth_fail(status, HEARTH_NOT_FOUND, "NO_DIRECTORY", "%s: %s", archive->directory, strerror(errno));
	archive->entries = hearth_arena_alloc(archive->cli->arena, FILES_MOST * sizeof *archive->entries);
	for (const struct dirent *at; archive->count < FILES_MOST && (at = readdir(directory)) != NULL;) {
		size_t size = strlen(at->d_name);
		if (size > 5 && strcmp(at->d_name + size - 5, ".json") == 0)
			add_manifest(archive, at->d_name);
	}
	closedir(directory);
	qsort(archive->entries, archive->count, sizeof *archive->entries, in_order);
	return 0;
}

/* ---- list ---- */

static void list(struct archive *archive)
{
	static const char *const columns[] = {"SERVICE", "HISTORY", ">AFTER", ">LAST", ">EVENTS", "FILE", NULL};
	struct cli_table *table = cli_table_new(columns);
	struct hearth_arena *arena = archive->cli->arena;
	for (size_t i = 0; i < archive->count; i++) {
		const struct entry *entry = &archive->entries[i];
		const char *cells[] = {
			entry->service, hearth_arena_printf(arena, "%.8s", entry->epoch),
			hearth_arena_printf(arena, "%lld", (long long)entry->after),
			hearth_arena_printf(arena, "%lld", (long long)entry->last),
			hearth_arena_printf(arena, "%lld", (long long)entry->events), entry->file,
		};
		cli_table_add(table, cells);
	}
	cli_table_print(table, stdout);
	cli_table_free(&table);
}

/* ---- reading a file's events ---- */

struct reading {
	struct archive *archive;
	const struct entry *entry;
	int64_t last, events;
	bool print;
};

/* A line is {"seq" : N, ...; that is all that has to be known of it here. */
static int64_t seq_of(const char *line)
{
	const char *colon = strchr(line, ':');
	return colon != NULL && strncmp(line, "{\"seq\"", 6) == 0 ? strtoll(colon + 1, NULL, 10) : -1;
}

static int take_line(struct reading *reading, const char *line)
{
	const struct archive *archive = reading->archive;
	int64_t seq = seq_of(line);
	if (seq <= reading->last || seq > reading->entry->last)
		return -1;
	reading->last = seq;
	reading->events++;
	if (reading->print && seq > archive->after && seq <= archive->until)
		puts(line);
	return 0;
}

static int read_lines(struct reading *reading, gzFile file, char *line)
{
	while (gzgets(file, line, LINE_MOST) != NULL) {
		size_t size = strlen(line);
		if (size == 0 || line[size - 1] != '\n')
			return -1;
		line[size - 1] = '\0';
		if (take_line(reading, line) < 0)
			return -1;
	}
	int error;
	gzerror(file, &error);
	return error == Z_OK || error == Z_STREAM_END ? 0 : -1;
}

/* Every event, in order, as many as the manifest says. */
static void read_events(struct archive *archive, const struct entry *entry, bool print)
{
	struct reading reading = {archive, entry, entry->after, 0, print};
	const char *path = hearth_arena_printf(archive->cli->arena, "%s/%s", archive->directory, entry->file);
	gzFile file = gzopen(path, "rb");
	char *line = hearth_alloc(LINE_MOST);
	if (file == NULL)
		complain(archive, entry->file, "cannot be read");
	else if (read_lines(&reading, file, line) < 0)
		complain(archive, entry->file, "is damaged");
	else if (reading.events != entry->events || (reading.events > 0 && reading.last != entry->last))
		complain(archive, entry->file, "does not hold the events that its manifest says");
	if (file != NULL)
		gzclose_r(file);
	free(line);
}

/* ---- verify ---- */

static int hash_file(const char *path, char ret_hex[2 * crypto_hash_sha256_BYTES + 1])
{
	unsigned char bytes[65536], hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state state;
	FILE *file = fopen(path, "rb");
	size_t size;
	if (file == NULL)
		return -1;
	crypto_hash_sha256_init(&state);
	while ((size = fread(bytes, 1, sizeof bytes, file)) > 0)
		crypto_hash_sha256_update(&state, bytes, size);
	bool good = !ferror(file);
	fclose(file);
	crypto_hash_sha256_final(&state, hash);
	sodium_bin2hex(ret_hex, 2 * crypto_hash_sha256_BYTES + 1, hash, sizeof hash);
	return good ? 0 : -1;
}

static void verify_entry(struct archive *archive, const struct entry *entry, const struct entry *before)
{
	char hex[2 * crypto_hash_sha256_BYTES + 1];
	const char *path = hearth_arena_printf(archive->cli->arena, "%s/%s", archive->directory, entry->file);
	bool follows = before != NULL && strcmp(before->service, entry->service) == 0 && strcmp(before->epoch, entry->epoch) == 0;
	if (follows && entry->after != before->last)
		complain(archive, entry->file, hearth_arena_printf(archive->cli->arena, "begins after %lld, but the file before it "
		         "ends with %lld", (long long)entry->after, (long long)before->last));
	if (hash_file(path, hex) != 0)
		complain(archive, entry->file, "cannot be read");
	else if (strcmp(hex, entry->hash) != 0)
		complain(archive, entry->file, "is not the file that its manifest was written for");
	else
		read_events(archive, entry, false);
}

static void verify(struct archive *archive)
{
	int64_t events = 0;
	for (size_t i = 0; i < archive->count; i++) {
		verify_entry(archive, &archive->entries[i], i > 0 ? &archive->entries[i - 1] : NULL);
		events += archive->entries[i].events;
	}
	printf("%zu files, %lld events, %ld wrong\n", archive->count, (long long)events, archive->wrong);
}

static void export_events(struct archive *archive)
{
	for (size_t i = 0; i < archive->count; i++)
		if (archive->entries[i].last > archive->after && archive->entries[i].after < archive->until)
			read_events(archive, &archive->entries[i], true);
}

int cli_archive(struct cli *cli, int argc, char **argv)
{
	struct archive archive = {.cli = cli, .until = INT64_MAX};
	struct hearth_status status = HEARTH_STATUS_INIT;
	const struct cli_option options[] = {
		{"service", CLI_TEXT, &archive.service}, {"after", CLI_INT, &archive.after}, {"until", CLI_INT, &archive.until}, {0},
	};
	int code = cli_parse(&argc, argv, options);
	if (code != CLI_OK)
		return code;
	if (argc != 3)
		return cli_usage("archive", "list, verify or export, and a directory are wanted");
	archive.directory = argv[2];
	bool known = strcmp(argv[1], "list") == 0 || strcmp(argv[1], "verify") == 0 || strcmp(argv[1], "export") == 0;
	if (!known)
		return cli_usage("archive", "\"%s\" is not list, verify or export", argv[1]);
	if (read_directory(&archive, &status) != 0)
		return cli_fail(&status);
	if (argv[1][0] == 'l')
		list(&archive);
	else if (argv[1][0] == 'v')
		verify(&archive);
	else
		export_events(&archive);
	return archive.wrong == 0 ? CLI_OK : CLI_FAILED;
}
