/* status.h: why something failed, in the words of google.rpc.Code.
 *
 * A fallible function returns 0 or -1 and takes `struct hearth_status *`
 * last. It is set where the error arises; callers may add context in front;
 * it is logged once, in the loop. `message` is for a person: which field,
 * which value, what would be right. It never holds a name, a birth date or a
 * full postcode.
 */
#ifndef HEARTH_STATUS_H
#define HEARTH_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum hearth_code {
	HEARTH_OK = 0,
	HEARTH_CANCELLED = 1,
	HEARTH_UNKNOWN = 2,             /* the write may or may not have happened */
	HEARTH_INVALID_ARGUMENT = 3,
	HEARTH_DEADLINE_EXCEEDED = 4,
	HEARTH_NOT_FOUND = 5,
	HEARTH_ALREADY_EXISTS = 6,
	HEARTH_PERMISSION_DENIED = 7,
	HEARTH_RESOURCE_EXHAUSTED = 8,
	HEARTH_FAILED_PRECONDITION = 9,
	HEARTH_ABORTED = 10,            /* stale etag, or a conflict: read again */
	HEARTH_OUT_OF_RANGE = 11,
	HEARTH_UNIMPLEMENTED = 12,
	HEARTH_INTERNAL = 13,
	HEARTH_UNAVAILABLE = 14,        /* try again, with the same request id */
	HEARTH_DATA_LOSS = 15,
	HEARTH_UNAUTHENTICATED = 16
};

struct hearth_status {
	enum hearth_code code;
	int retry_after_ms;  /* 0: no hint */
	char reason[48];     /* UPPER_SNAKE, stable, for programs */
	char field[64];      /* the request's field, dotted, or "" */
	char message[320];   /* one sentence for a person */
};

#define HEARTH_STATUS_INIT { .code = HEARTH_OK }

/* Sets the status and returns -1, so that `return hearth_fail(...)` reads well. */
int hearth_fail(struct hearth_status *status, enum hearth_code code, const char *reason,
                const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The same for a named field of the request: INVALID_ARGUMENT, reason INVALID_FIELD. */
int hearth_fail_field(struct hearth_status *status, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts context in front of the message and returns -1. */
int hearth_fail_context(struct hearth_status *status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

const char *hearth_code_name(enum hearth_code code);           /* "NOT_FOUND" */
bool hearth_code_retryable(enum hearth_code code);             /* UNAVAILABLE, UNKNOWN, ABORTED is not */
/* From an SQLSTATE (five characters) and the server's message; the table is in status.c. */
void hearth_status_from_sqlstate(struct hearth_status *status, const char *sqlstate, const char *message);
/* 40001, 40P01, 55P03: run it again, never answer at once. */
bool hearth_sqlstate_retry(const char *sqlstate);
/* Classes 08, 40, 53, 55, 57: passes by itself; never counts as a try of a poisoned event. */
bool hearth_sqlstate_passing(const char *sqlstate);

#endif
