/* loop.h: one thread, one epoll: descriptors, timers and a hook at the end of each turn.
 *
 * ZMQ_FD is edge-triggered: register it with hearth_loop_add(EPOLLIN), and after any send or receive on the socket
 * read ZMQ_EVENTS again before the loop sleeps. A socket's owner does that in its `hearth_loop_defer` callback.
 */
#ifndef HEARTH_LOOP_H
#define HEARTH_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct hearth_loop;
struct hearth_watch;     /* a descriptor */
struct hearth_alarm;     /* a timer */

typedef void hearth_watch_fn(void *context, uint32_t events);
typedef void hearth_alarm_fn(void *context);

struct hearth_loop *hearth_loop_new(void);
void hearth_loop_free(struct hearth_loop **loop);

struct hearth_watch *hearth_loop_add(struct hearth_loop *loop, int fd, uint32_t events, hearth_watch_fn *callback, void *context);
void hearth_watch_change(struct hearth_watch *watch, uint32_t events);
void hearth_watch_free(struct hearth_watch **watch);     /* safe inside any callback; does not close the fd */

/* One shot; set again to repeat. Monotonic, microseconds from now. */
struct hearth_alarm *hearth_alarm_new(struct hearth_loop *loop, hearth_alarm_fn *callback, void *context);
void hearth_alarm_set(struct hearth_alarm *alarm, int64_t after_us);
void hearth_alarm_clear(struct hearth_alarm *alarm);
void hearth_alarm_free(struct hearth_alarm **alarm);

/* Runs `callback` once before the loop next sleeps (end of this turn); asking twice in a turn is once. */
struct hearth_deferred { hearth_alarm_fn *callback; void *context; struct hearth_deferred *next; bool queued; };
void hearth_loop_defer(struct hearth_loop *loop, struct hearth_deferred *deferred);
void hearth_loop_undefer(struct hearth_loop *loop, struct hearth_deferred *deferred);

/* Whether a descriptor has something for the next turn: one system call. Alarms wait as they may. */
bool hearth_loop_wanted(const struct hearth_loop *loop);

/* How long turns take from waking to sleeping again is counted there (NULL: no longer), and the longest kept. */
struct hearth_histogram;
void hearth_loop_measure(struct hearth_loop *loop, struct hearth_histogram *turns);
int64_t hearth_loop_longest_us(const struct hearth_loop *loop);

/* Until hearth_loop_stop. */
void hearth_loop_run(struct hearth_loop *loop);
/* One turn that sleeps at most timeout_us (-1: until something happens). */
void hearth_loop_turn(struct hearth_loop *loop, int64_t timeout_us);
void hearth_loop_stop(struct hearth_loop *loop);

#endif
