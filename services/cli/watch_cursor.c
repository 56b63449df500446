/* watch_cursor.c: where a watch goes on: epoch and seq of each source, in a small JSON file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "watch.h"

static int take(const json_t *entry, struct watch_source *source)
{
	const char *epoch = json_string_value(json_object_get(entry, "epoch"));
	const char *seq = json_string_value(json_object_get(entry, "seq"));
	struct hearth_uuid uuid;
	char *end;
	if (epoch == NULL || seq == NULL || hearth_uuid_parse(epoch, &uuid) != 0)
		return -1;
	errno = 0;
	long long value = strtoll(seq, &end, 10);
	if (errno != 0 || end == seq || *end != '\0' || value < 0)
		return -1;
	hearth_uuid_format(&uuid, source->epoch);
	source->next = value;
	return 0;
}

int watch_cursor_read(const char *path, bool required, struct watch_source *sources, size_t count,
                      struct hearth_status *status)
{
	FILE *file = fopen(path, "re");
	if (file == NULL && errno == ENOENT && !required)
		return 0;
	if (file == NULL)
		return hearth_fail(status, HEARTH_NOT_FOUND, "CURSOR_FILE", "%s cannot be opened: %s", path, strerror(errno));
	json_error_t error;
	json_t *root = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
	fclose(file);
	int outcome = json_is_object(root) ? 0 : -1;
	for (size_t i = 0; i < count && outcome == 0; i++) {
		const json_t *entry = json_object_get(root, sources[i].service);
		if (entry != NULL)
			outcome = take(entry, &sources[i]);
	}
	json_decref(root);
	if (outcome != 0)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "CURSOR_FILE", "%s is not a cursor file of hearth watch", path);
	return 0;
}

static int fail_write(const char *path, struct hearth_status *status)
{
	return hearth_fail(status, HEARTH_INTERNAL, "CURSOR_FILE", "%s cannot be written: %s", path, strerror(errno));
}

int watch_cursor_check(const char *path, struct hearth_status *status)
{
	const char *slash = strrchr(path, '/');
	char folder[4096] = ".";
	if (slash != NULL && (size_t)(slash - path) < sizeof folder)
		hearth_text_copy(folder, slash == path ? 2 : (size_t)(slash - path) + 1, path);
	return access(folder, W_OK | X_OK) == 0 ? 0 : fail_write(path, status);
}

int watch_cursor_write(const char *path, const struct watch_source *sources, size_t count, struct hearth_status *status)
{
	char fresh[4096];
	if ((size_t)snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid()) >= sizeof fresh) {
		errno = ENAMETOOLONG;
		return fail_write(path, status);
	}
	json_t *root = json_object();
	for (size_t i = 0; i < count; i++) {
		char seq[24];
		snprintf(seq, sizeof seq, "%lld", (long long)sources[i].next);
		if (sources[i].epoch[0] != '\0' && sources[i].next >= 0)
			json_object_set_new(root, sources[i].service, json_pack("{s:s, s:s}", "epoch", sources[i].epoch, "seq", seq));
	}
	FILE *file = fopen(fresh, "we");
	bool good = file != NULL && json_dumpf(root, file, JSON_INDENT(2)) == 0 && fputc('\n', file) != EOF &&
	            fflush(file) == 0 && fsync(fileno(file)) == 0;
	json_decref(root);
	if (file != NULL && fclose(file) != 0)
		good = false;
	if (good && rename(fresh, path) == 0)
		return 0;
	int outcome = fail_write(path, status);
	unlink(fresh);
	return outcome;
}
