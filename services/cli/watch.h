/* watch.h: what the parts of `hearth watch` share: one source per service that is watched. */
#ifndef HEARTH_CLI_WATCH_H
#define HEARTH_CLI_WATCH_H

#include <hearth/events/v1/events.pb-c.h>

#include "cli.h"

#define WATCH_SOURCES_MOST 16

struct watch;

struct watch_source {
	struct watch *watch;
	const char *service;
	char epoch[HEARTH_UUID_SIZE];    /* "" before the first answer */
	int64_t next;                    /* cursor; -1: from now on */
	bool asked;                      /* a call is outstanding */
	bool answered;                   /* at least once */
	bool away;                       /* said so */
	int64_t retry_us;                /* monotonic: not asked again before */
};

/* watch_cursor.c: a file {"placements": {"epoch": "...", "seq": "12"}, ...}.
 * Reading: a missing file is fine unless `required`. Writing is atomic: a reader sees the old file or the new. */
int watch_cursor_read(const char *path, bool required, struct watch_source *sources, size_t count,
                      struct hearth_status *status);
/* Whether a cursor file could be written there. */
int watch_cursor_check(const char *path, struct hearth_status *status);
int watch_cursor_write(const char *path, const struct watch_source *sources, size_t count, struct hearth_status *status);

/* watch_print.c: an event as JSON with its data decoded, without personal fields; one line on standard output. */
json_t *watch_json(const Hearth__Events__V1__Event *event, struct hearth_arena *arena);
void watch_print(const Hearth__Events__V1__Event *event, bool as_json, struct hearth_arena *arena);

#endif
