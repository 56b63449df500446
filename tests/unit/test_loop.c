/* test_loop.c: descriptors, timers and the end of the turn. */
#include "../support/check_main.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <hearth/clock.h>

#include "../../services/runtime/loop.h"
#include "../../services/runtime/tasks.h"

struct log { char text[64]; size_t size; };

static struct log said;
static struct hearth_loop *loop;
static struct hearth_watch *watches[2];
static struct hearth_alarm *alarms[3];

static void say(char what)
{
	ck_assert_uint_lt(said.size, sizeof said.text - 1);
	said.text[said.size++] = what;
	said.text[said.size] = '\0';
}

static void say_alarm(void *context)
{
	say(*(const char *)context);
}

static void free_both_watches(void *context, uint32_t events)
{
	(void)context;
	ck_assert_uint_eq(events & EPOLLIN, EPOLLIN);
	say('w');
	hearth_watch_free(&watches[0]);
	hearth_watch_free(&watches[1]);
}

START_TEST(a_watch_freed_in_a_callback_is_not_called_again)
{
	int fds[2] = { eventfd(1, EFD_CLOEXEC), eventfd(1, EFD_CLOEXEC) };

	loop = hearth_loop_new();
	for (int i = 0; i < 2; i++)
		watches[i] = hearth_loop_add(loop, fds[i], EPOLLIN, free_both_watches, NULL);
	hearth_loop_turn(loop, 0);
	hearth_loop_turn(loop, 0);
	ck_assert_str_eq(said.text, "w");
	hearth_loop_free(&loop);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static void count_event(void *context, uint32_t events)
{
	(void)events;
	++*(int *)context;
}

START_TEST(a_watch_is_called_until_it_is_read_or_changed)
{
	int fd = eventfd(1, EFD_CLOEXEC), count = 0;

	loop = hearth_loop_new();
	watches[0] = hearth_loop_add(loop, fd, EPOLLIN, count_event, &count);
	hearth_loop_turn(loop, 0);
	hearth_loop_turn(loop, 0);
	ck_assert_int_eq(count, 2);
	hearth_watch_change(watches[0], 0);
	hearth_loop_turn(loop, 0);
	ck_assert_int_eq(count, 2);
	hearth_watch_free(&watches[0]);
	ck_assert_ptr_null(watches[0]);
	hearth_loop_free(&loop);
	close(fd);
}
END_TEST

START_TEST(alarms_ring_in_the_order_of_their_times)
{
	static const char names[] = "abc";
	static const int64_t after[] = { 3000, 1000, 2000 };
	int64_t began = hearth_clock_mono();

	loop = hearth_loop_new();
	for (int i = 0; i < 3; i++) {
		alarms[i] = hearth_alarm_new(loop, say_alarm, (void *)(uintptr_t)&names[i]);
		hearth_alarm_set(alarms[i], 1000000);
		hearth_alarm_set(alarms[i], after[i]);
	}
	while (said.size < 3)
		hearth_loop_turn(loop, -1);
	ck_assert_str_eq(said.text, "bca");
	ck_assert_int_ge(hearth_clock_mono() - began, 3000);
	for (int i = 0; i < 3; i++)
		hearth_alarm_free(&alarms[i]);
	hearth_loop_free(&loop);
}
END_TEST

static int64_t last_due;
static int rung;

struct timed { struct hearth_alarm *alarm; int64_t due; bool cleared; };

static void check_order(void *context)
{
	struct timed *timed = context;

	ck_assert(!timed->cleared);
	ck_assert_int_ge(timed->due, last_due);
	last_due = timed->due;
	rung++;
}

START_TEST(many_alarms_set_and_cleared_keep_their_order)
{
	static struct timed timed[2000];
	unsigned random = 1;
	int left = 0;

	loop = hearth_loop_new();
	for (size_t i = 0; i < 2000; i++)
		timed[i].alarm = hearth_alarm_new(loop, check_order, &timed[i]);
	for (int step = 0; step < 20000; step++) {
		struct timed *one;

		random = random * 1103515245 + 12345;
		one = &timed[random >> 8 & 0x7ff ? (random >> 8 & 0x7ff) % 2000 : 0];
		one->cleared = random >> 20 & 1;
		/* Whole milliseconds from far ahead, so that the order does not hang on when it was set. */
		one->due = 400 + (int64_t)(random >> 21 & 0x7f);
		hearth_alarm_clear(one->alarm);
		if (!one->cleared)
			hearth_alarm_set(one->alarm, one->due * 1000 + 0);
	}
	/* Set again in one go: the run above only stirred the heap. */
	for (size_t i = 0; i < 2000; i++) {
		hearth_alarm_clear(timed[i].alarm);
		timed[i].due = (int64_t)((i * 7919) % 40);
		if (!timed[i].cleared)
			hearth_alarm_set(timed[i].alarm, timed[i].due * 5000);
		left += !timed[i].cleared;
	}
	while (rung < left)
		hearth_loop_turn(loop, -1);
	for (size_t i = 0; i < 2000; i++)
		hearth_alarm_free(&timed[i].alarm);
	hearth_loop_free(&loop);
}
END_TEST

static void set_again(void *context)
{
	(void)context;
	say('r');
	hearth_alarm_set(alarms[0], 0);
}

START_TEST(an_alarm_that_sets_itself_again_waits_for_the_next_turn)
{
	loop = hearth_loop_new();
	alarms[0] = hearth_alarm_new(loop, set_again, NULL);
	hearth_alarm_set(alarms[0], 0);
	hearth_loop_turn(loop, -1);
	ck_assert_str_eq(said.text, "r");
	hearth_loop_turn(loop, -1);
	ck_assert_str_eq(said.text, "rr");
	hearth_alarm_free(&alarms[0]);
	hearth_loop_free(&loop);
}
END_TEST

static void free_the_other(void *context)
{
	(void)context;
	say('f');
	hearth_alarm_free(&alarms[0]);
	hearth_alarm_free(&alarms[1]);
}

START_TEST(an_alarm_freed_in_a_callback_does_not_ring)
{
	loop = hearth_loop_new();
	for (int i = 0; i < 2; i++) {
		alarms[i] = hearth_alarm_new(loop, free_the_other, NULL);
		hearth_alarm_set(alarms[i], 0);
	}
	hearth_loop_turn(loop, 1000);
	hearth_loop_turn(loop, 1000);
	ck_assert_str_eq(said.text, "f");
	hearth_loop_free(&loop);
}
END_TEST

static struct hearth_deferred first, second;

static void run_first(void *context)
{
	(void)context;
	say('1');
	hearth_loop_defer(loop, &first);       /* again, but in the next turn */
	hearth_loop_undefer(loop, &second);
}

static void run_second(void *context)
{
	(void)context;
	say('2');
}

START_TEST(deferred_work_runs_once_before_the_loop_sleeps)
{
	loop = hearth_loop_new();
	second = (struct hearth_deferred){ .callback = run_second };
	hearth_loop_defer(loop, &second);
	hearth_loop_defer(loop, &second);
	hearth_loop_turn(loop, 0);
	hearth_loop_turn(loop, 0);
	ck_assert_str_eq(said.text, "2");
	hearth_loop_free(&loop);
}
END_TEST

START_TEST(deferred_work_may_ask_again_and_be_withdrawn)
{
	loop = hearth_loop_new();
	first = (struct hearth_deferred){ .callback = run_first };
	second = (struct hearth_deferred){ .callback = run_second };
	hearth_loop_defer(loop, &first);
	hearth_loop_defer(loop, &second);
	hearth_loop_turn(loop, -1);            /* would sleep for ever, were nothing deferred */
	ck_assert_uint_ge(said.size, 1);
	ck_assert_uint_le(said.size, 2);
	ck_assert_ptr_null(strchr(said.text, '2'));
	ck_assert(first.queued);
	hearth_loop_undefer(loop, &first);
	ck_assert(!first.queued);
	said.size = 0;
	hearth_loop_turn(loop, 0);
	ck_assert_uint_eq(said.size, 0);
	hearth_loop_free(&loop);
}
END_TEST

static void stop(void *context)
{
	hearth_loop_stop(context);
}

START_TEST(a_loop_runs_until_it_is_stopped)
{
	loop = hearth_loop_new();
	alarms[0] = hearth_alarm_new(loop, stop, loop);
	for (int i = 0; i < 2; i++) {
		hearth_alarm_set(alarms[0], 1000);
		hearth_loop_run(loop);
	}
	hearth_alarm_free(&alarms[0]);
	hearth_loop_free(&loop);
}
END_TEST

static void nested_turn(void *context, uint32_t events)
{
	(void)events;
	if (*(int *)context == 0) {
		++*(int *)context;
		hearth_loop_turn(loop, 0);         /* the same descriptor again, which frees both */
		return;
	}
	hearth_watch_free(&watches[0]);
	hearth_watch_free(&watches[1]);
	say('n');
}

START_TEST(turns_may_nest_and_free_what_the_outer_turn_still_holds)
{
	int fds[2] = { eventfd(1, EFD_CLOEXEC), eventfd(1, EFD_CLOEXEC) }, calls = 0;

	loop = hearth_loop_new();
	for (int i = 0; i < 2; i++)
		watches[i] = hearth_loop_add(loop, fds[i], EPOLLIN, nested_turn, &calls);
	hearth_loop_turn(loop, 0);
	ck_assert_str_eq(said.text, "n");
	hearth_loop_free(&loop);
	close(fds[0]);
	close(fds[1]);
}
END_TEST

static int64_t spent(struct hearth_budget *budget)
{
	int64_t until_us = budget->until_us;
	while (hearth_budget_left(budget))
		;
	return until_us - budget->until_us;
}

/* Each look may come late on a busy machine, even after the budget's end: then it says nothing, and is tried again. */
START_TEST(a_slice_ends_early_when_something_came_in_and_not_otherwise)
{
	int fd = eventfd(0, EFD_CLOEXEC), count = 0;
	int64_t left_us = 0;

	loop = hearth_loop_new();
	watches[0] = hearth_loop_add(loop, fd, EPOLLIN, count_event, &count);
	ck_assert(!hearth_loop_wanted(loop));
	for (int i = 0; i < 20; i++) {
		struct hearth_budget budget = hearth_budget_now(loop);
		ck_assert_int_eq(spent(&budget), 0);
	}
	ck_assert_int_eq(eventfd_write(fd, 1), 0);
	ck_assert(hearth_loop_wanted(loop));
	for (int i = 0; i < 200 && left_us == 0; i++) {
		struct hearth_budget budget = hearth_budget_now(loop);
		left_us = spent(&budget);
	}
	ck_assert_int_gt(left_us, 0);
	ck_assert_int_le(left_us, HEARTH_TASK_US - HEARTH_TASK_LOOK_US);
	ck_assert_int_eq(count, 0);        /* looking takes nothing away */
	hearth_watch_free(&watches[0]);
	hearth_loop_free(&loop);
	close(fd);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("loop", a_watch_freed_in_a_callback_is_not_called_again, a_watch_is_called_until_it_is_read_or_changed,
	                  alarms_ring_in_the_order_of_their_times, many_alarms_set_and_cleared_keep_their_order,
	                  an_alarm_that_sets_itself_again_waits_for_the_next_turn, an_alarm_freed_in_a_callback_does_not_ring,
	                  deferred_work_runs_once_before_the_loop_sleeps, deferred_work_may_ask_again_and_be_withdrawn,
	                  a_loop_runs_until_it_is_stopped, turns_may_nest_and_free_what_the_outer_turn_still_holds,
	                  a_slice_ends_early_when_something_came_in_and_not_otherwise);
}
