/* run_hearth.h: runs the command line `hearth` (or another program) and keeps what it said.
 *
 * HEARTH_BIN is the folder of the programs (default build/bin). No HEARTH_ variable reaches the program. Texts live in
 * the outcome until outcome_done.
 */
#ifndef TESTS_INTEGRATION_RUN_HEARTH_H
#define TESTS_INTEGRATION_RUN_HEARTH_H

#include <sys/types.h>

struct outcome {
	int code;                    /* exit code, -1 for a signal */
	char *out, *err;
};

/* Arguments end with NULL. */
struct outcome run_hearth(const char *argument, ...) __attribute__((sentinel));
/* argv[0] is the program; `input` (may be NULL) is its standard input. */
struct outcome run_program(const char *const *argv, const char *input);
void outcome_done(struct outcome *outcome);

/* Starts hearth and does not wait; run_wait then does. */
struct running { pid_t pid; int out, err; };
struct running run_start(const char *const *argv, const char *input);
struct outcome run_wait(const struct running *running);
/* Path of the program `hearth`. */
const char *run_hearth_path(void);

#endif
