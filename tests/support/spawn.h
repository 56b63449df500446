/* spawn.h: child processes that never outlive us: own process group, killed by the kernel when we die. */
#ifndef TESTS_SUPPORT_SPAWN_H
#define TESTS_SUPPORT_SPAWN_H

#include <sys/types.h>

/* Starts argv[0] with its output appended to `log` (or, when `out` is not -1, its standard output there), nothing on
 * standard input and no HEARTH_ variable of ours. The pid, or -1. */
pid_t spawn_program(const char *const *argv, const char *log, int out);
/* Waits until the process has ended, ours or not; its wait status when it was our child, else 0. -1: still there. */
int spawn_wait(pid_t pid, int timeout_ms, int *ret_state);
/* The last lines of a log on standard error. */
void spawn_print_tail(const char *log, const char *title);

#endif
