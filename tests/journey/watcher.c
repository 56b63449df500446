/* watcher.c: `hearth watch --json` as a child process; its events are kept until somebody asks for them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include <hearth/clock.h>

#include "../support/spawn.h"
#include "journey.h"

#define MOST_EVENTS 4096
#define LINE_MOST 262144

struct watcher {
	pid_t pid;
	int fd;
	char *line;
	size_t used;
	json_t *events[MOST_EVENTS];
	size_t count;
	json_t *found;
};

struct watcher *watcher_new(const char *program, const char *services, const char *authority, const char *log)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	struct watcher *watcher = hearth_alloc(sizeof *watcher);
	memset(watcher, 0, sizeof *watcher);
	watcher->line = hearth_alloc(LINE_MOST);
	watcher->fd = ends[0];
	watcher->pid = spawn_program((const char *const[]){ program, "--services", services, "--authority", authority,
	                                                    "--json", "watch", "--from-start", NULL }, log, ends[1]);
	close(ends[1]);
	return watcher;
}

void watcher_free(struct watcher **pointer)
{
	struct watcher *watcher = *pointer;
	if (!watcher)
		return;
	if (watcher->pid > 0) {
		kill(watcher->pid, SIGTERM);
		if (spawn_wait(watcher->pid, 5000, NULL) < 0)
			kill(watcher->pid, SIGKILL);
	}
	close(watcher->fd);
	for (size_t i = 0; i < watcher->count; i++)
		json_decref(watcher->events[i]);
	json_decref(watcher->found);
	free(watcher->line);
	free(watcher);
	*pointer = NULL;
}

static void keep_line(struct watcher *watcher, const char *line, size_t size)
{
	json_t *event = json_loadb(line, size, 0, NULL);
	if (event && watcher->count < MOST_EVENTS)
		watcher->events[watcher->count++] = event;
	else
		json_decref(event);
}

static void keep_lines(struct watcher *watcher)
{
	char *start = watcher->line, *end;
	while ((end = memchr(start, '\n', watcher->used - (size_t)(start - watcher->line)))) {
		keep_line(watcher, start, (size_t)(end - start));
		start = end + 1;
	}
	watcher->used -= (size_t)(start - watcher->line);
	memmove(watcher->line, start, watcher->used);
}

/* False when the program has ended. */
static bool read_more(struct watcher *watcher, int timeout_ms)
{
	struct pollfd poller = { .fd = watcher->fd, .events = POLLIN };
	if (poll(&poller, 1, timeout_ms) <= 0)
		return true;
	ssize_t size = read(watcher->fd, watcher->line + watcher->used, LINE_MOST - watcher->used);
	if (size <= 0)
		return size < 0 && errno == EINTR;
	watcher->used += (size_t)size;
	keep_lines(watcher);
	if (watcher->used == LINE_MOST)
		watcher->used = 0;
	return true;
}

static bool matches(const json_t *event, const char *type, const char *field, const char *value)
{
	const char *has = json_string_value(json_object_get(event, "type"));
	if (!has || strcmp(has, type) != 0)
		return false;
	if (!field)
		return true;
	const char *text = json_string_value(json_object_get(json_object_get(event, "data"), field));
	return text && strcmp(text, value) == 0;
}

static bool take(struct watcher *watcher, const char *type, const char *field, const char *value)
{
	for (size_t i = 0; i < watcher->count; i++) {
		if (!matches(watcher->events[i], type, field, value))
			continue;
		json_decref(watcher->found);
		watcher->found = watcher->events[i];
		memmove(&watcher->events[i], &watcher->events[i + 1], (--watcher->count - i) * sizeof watcher->events[0]);
		return true;
	}
	return false;
}

int watcher_await(struct watcher *watcher, const char *type, const char *field, const char *value, int timeout_ms)
{
	int64_t from_us = hearth_clock_mono();
	for (;;) {
		int64_t waited_ms = (hearth_clock_mono() - from_us) / 1000;
		if (take(watcher, type, field, value))
			return (int)waited_ms;
		if (waited_ms >= timeout_ms || !read_more(watcher, timeout_ms - (int)waited_ms))
			return -1;
	}
}

const char *watcher_field(const struct watcher *watcher, const char *field)
{
	const char *text = json_string_value(json_object_get(json_object_get(watcher->found, "data"), field));
	return text ? text : "";
}
