/* loop.c: the one event loop of a process.
 *
 * epoll for descriptors, a heap for timers, a list for what waits for the end of the turn. Level-triggered, so a
 * callback that leaves something unread is called again. Promises: a watch or alarm freed inside any callback is never
 * called after; callbacks deferred while the end of a turn runs are called in the next turn, which then does not sleep,
 * so nobody starves. Turns may nest (a blocking call inside a callback); what was freed is given back by the outermost.
 * The loop owns watches' and alarms' memory until they are freed; it never closes a descriptor.
 */
#include "loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

#include "metrics.h"

#define EVENTS_A_TURN 64
#define NOT_SET SIZE_MAX

struct hearth_watch {
	struct hearth_loop *loop;
	int fd;
	hearth_watch_fn *callback;   /* NULL: freed, waits for the end of the turn */
	void *context;
	struct hearth_watch *next;   /* among the freed */
};

struct hearth_alarm {
	struct hearth_loop *loop;
	hearth_alarm_fn *callback;
	void *context;
	int64_t due;
	size_t place;                /* in the heap, or NOT_SET */
};

struct deferred_list {
	struct hearth_deferred *first, **end;
};

struct hearth_loop {
	int epoll;
	int depth;                   /* turns that are running, one inside the other */
	bool stopped;
	struct hearth_watch *freed;
	struct hearth_alarm **heap;
	size_t alarms, room;
	struct deferred_list waiting, running;
	struct hearth_histogram *turns;
	int64_t longest_us;
};

static void list_clear(struct deferred_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

struct hearth_loop *hearth_loop_new(void)
{
	struct hearth_loop *loop = hearth_alloc(sizeof *loop);

	memset(loop, 0, sizeof *loop);
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	assert(loop->epoll >= 0);
	list_clear(&loop->waiting);
	list_clear(&loop->running);
	return loop;
}

static void bury(struct hearth_loop *loop)
{
	while (loop->freed) {
		struct hearth_watch *watch = loop->freed;

		loop->freed = watch->next;
		free(watch);
	}
}

void hearth_loop_free(struct hearth_loop **loop)
{
	if (!*loop)
		return;
	assert((*loop)->depth == 0);
	bury(*loop);
	close((*loop)->epoll);
	free((*loop)->heap);
	free(*loop);
	*loop = NULL;
}

/* ---- descriptors ---- */

struct hearth_watch *hearth_loop_add(struct hearth_loop *loop, int fd, uint32_t events, hearth_watch_fn *callback,
                                     void *context)
{
	struct hearth_watch *watch = hearth_alloc(sizeof *watch);
	struct epoll_event event = { .events = events, .data.ptr = watch };
	int result;

	*watch = (struct hearth_watch){ .loop = loop, .fd = fd, .callback = callback, .context = context };
	result = epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event);
	assert(result == 0);
	(void)result;
	return watch;
}

void hearth_watch_change(struct hearth_watch *watch, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watch };
	int result = epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);

	assert(result == 0);
	(void)result;
}

void hearth_watch_free(struct hearth_watch **watch)
{
	struct hearth_watch *gone = *watch;

	if (!gone)
		return;
	*watch = NULL;
	/* The descriptor may have been closed already, which took it out of the set. */
	(void)epoll_ctl(gone->loop->epoll, EPOLL_CTL_DEL, gone->fd, NULL);
	if (gone->loop->depth == 0) {
		free(gone);
		return;
	}
	gone->callback = NULL;
	gone->next = gone->loop->freed;
	gone->loop->freed = gone;
}

/* ---- timers: a binary heap, the earliest first ---- */

static void place_alarm(struct hearth_loop *loop, size_t place, struct hearth_alarm *alarm)
{
	loop->heap[place] = alarm;
	alarm->place = place;
}

static void sift_up(struct hearth_loop *loop, struct hearth_alarm *alarm, size_t place)
{
	while (place > 0 && loop->heap[(place - 1) / 2]->due > alarm->due) {
		place_alarm(loop, place, loop->heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	place_alarm(loop, place, alarm);
}

static void sift_down(struct hearth_loop *loop, struct hearth_alarm *alarm, size_t place)
{
	for (;;) {
		size_t child = 2 * place + 1;

		if (child >= loop->alarms)
			break;
		if (child + 1 < loop->alarms && loop->heap[child + 1]->due < loop->heap[child]->due)
			child++;
		if (loop->heap[child]->due >= alarm->due)
			break;
		place_alarm(loop, place, loop->heap[child]);
		place = child;
	}
	place_alarm(loop, place, alarm);
}

struct hearth_alarm *hearth_alarm_new(struct hearth_loop *loop, hearth_alarm_fn *callback, void *context)
{
	struct hearth_alarm *alarm = hearth_alloc(sizeof *alarm);

	*alarm = (struct hearth_alarm){ .loop = loop, .callback = callback, .context = context, .place = NOT_SET };
	return alarm;
}

void hearth_alarm_set(struct hearth_alarm *alarm, int64_t after_us)
{
	struct hearth_loop *loop = alarm->loop;

	hearth_alarm_clear(alarm);
	if (loop->alarms == loop->room) {
		loop->room = loop->room ? 2 * loop->room : 64;
		loop->heap = hearth_realloc(loop->heap, loop->room * sizeof(struct hearth_alarm *));
	}
	alarm->due = hearth_clock_mono() + (after_us > 0 ? after_us : 0);
	sift_up(loop, alarm, loop->alarms++);
}

void hearth_alarm_clear(struct hearth_alarm *alarm)
{
	struct hearth_loop *loop = alarm->loop;
	size_t place = alarm->place;
	struct hearth_alarm *last;

	if (place == NOT_SET)
		return;
	alarm->place = NOT_SET;
	last = loop->heap[--loop->alarms];
	if (last == alarm)
		return;
	if (place > 0 && loop->heap[(place - 1) / 2]->due > last->due)
		sift_up(loop, last, place);
	else
		sift_down(loop, last, place);
}

void hearth_alarm_free(struct hearth_alarm **alarm)
{
	if (!*alarm)
		return;
	hearth_alarm_clear(*alarm);
	free(*alarm);
	*alarm = NULL;
}

static void ring(struct hearth_loop *loop)
{
	/* Only what is due now, and no more than there are: an alarm that sets itself again waits for the next turn. */
	int64_t now = loop->alarms ? hearth_clock_mono() : 0;

	for (size_t most = loop->alarms; most > 0 && loop->alarms > 0 && loop->heap[0]->due <= now; most--) {
		struct hearth_alarm *alarm = loop->heap[0];

		hearth_alarm_clear(alarm);
		alarm->callback(alarm->context);
	}
}

/* ---- the end of the turn ---- */

void hearth_loop_defer(struct hearth_loop *loop, struct hearth_deferred *deferred)
{
	if (deferred->queued)
		return;
	deferred->queued = true;
	deferred->next = NULL;
	*loop->waiting.end = deferred;
	loop->waiting.end = &deferred->next;
}

static bool unlink_deferred(struct deferred_list *list, struct hearth_deferred *deferred)
{
	for (struct hearth_deferred **at = &list->first; *at; at = &(*at)->next) {
		if (*at != deferred)
			continue;
		*at = deferred->next;
		if (list->end == &deferred->next)
			list->end = at;
		return true;
	}
	return false;
}

void hearth_loop_undefer(struct hearth_loop *loop, struct hearth_deferred *deferred)
{
	if (!deferred->queued)
		return;
	deferred->queued = false;
	if (!unlink_deferred(&loop->waiting, deferred))
		unlink_deferred(&loop->running, deferred);
}

static void run_deferred(struct hearth_loop *loop)
{
	if (loop->waiting.first) {
		/* After what an outer turn has still to run, if this one is nested. */
		*loop->running.end = loop->waiting.first;
		loop->running.end = loop->waiting.end;
		list_clear(&loop->waiting);
	}
	while (loop->running.first) {
		struct hearth_deferred *deferred = loop->running.first;

		loop->running.first = deferred->next;
		if (!loop->running.first)
			loop->running.end = &loop->running.first;
		deferred->queued = false;
		deferred->callback(deferred->context);
	}
}

/* ---- turns ---- */

static int sleep_ms(const struct hearth_loop *loop, int64_t timeout_us)
{
	if (loop->waiting.first || loop->stopped)
		return 0;
	if (loop->alarms) {
		int64_t until = loop->heap[0]->due - hearth_clock_mono();

		if (until < 0)
			until = 0;
		if (timeout_us < 0 || until < timeout_us)
			timeout_us = until;
	}
	if (timeout_us < 0)
		return -1;
	/* Rounded up: a turn that wakes too early would spin. */
	return timeout_us > INT64_C(3600000000) ? 3600000 : (int)((timeout_us + 999) / 1000);
}

bool hearth_loop_wanted(const struct hearth_loop *loop)
{
	struct pollfd set = { .fd = loop->epoll, .events = POLLIN };

	return poll(&set, 1, 0) > 0;
}

void hearth_loop_measure(struct hearth_loop *loop, struct hearth_histogram *turns)
{
	loop->turns = turns;
}

int64_t hearth_loop_longest_us(const struct hearth_loop *loop)
{
	return loop->longest_us;
}

static void measure(struct hearth_loop *loop, int64_t woke_us)
{
	int64_t took_us = hearth_clock_mono() - woke_us;
	hearth_histogram_observe(loop->turns, took_us);
	if (took_us > loop->longest_us)
		loop->longest_us = took_us;
}

void hearth_loop_turn(struct hearth_loop *loop, int64_t timeout_us)
{
	struct epoll_event events[EVENTS_A_TURN];
	int count;

	loop->depth++;
	run_deferred(loop);
	count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, sleep_ms(loop, timeout_us));
	assert(count >= 0 || errno == EINTR);
	int64_t woke_us = loop->turns && loop->depth == 1 ? hearth_clock_mono() : 0;
	for (int i = 0; i < count; i++) {
		struct hearth_watch *watch = events[i].data.ptr;

		if (watch->callback)
			watch->callback(watch->context, events[i].events);
	}
	ring(loop);
	run_deferred(loop);
	if (woke_us && loop->turns)
		measure(loop, woke_us);
	if (--loop->depth == 0)
		bury(loop);
}

void hearth_loop_run(struct hearth_loop *loop)
{
	while (!loop->stopped)
		hearth_loop_turn(loop, -1);
	loop->stopped = false;
}

void hearth_loop_stop(struct hearth_loop *loop)
{
	loop->stopped = true;
}
