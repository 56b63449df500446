/* clock.h: the only door to time.
 *
 * Domain time (`hearth_clock_now`, `hearth_clock_today`) is what rules and SQL
 * see, as :now and :today; under --test-clock it can be driven. Deadlines use
 * wall time, printed durations the monotonic clock; neither can be driven.
 */
#ifndef HEARTH_CLOCK_H
#define HEARTH_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_DATE_SIZE 11      /* "YYYY-MM-DD" and NUL */
#define HEARTH_TIME_SIZE 32      /* "YYYY-MM-DDTHH:MM:SS.ffffffZ" and NUL */

struct hearth_status;

/* Domain time, microseconds since 1970 UTC. */
int64_t hearth_clock_now(void);
/* Domain date in England (Europe/London rules), "YYYY-MM-DD". */
void hearth_clock_today(char ret_date[HEARTH_DATE_SIZE]);
/* Real UTC, microseconds; for deadlines only. */
int64_t hearth_clock_wall(void);
/* Monotonic microseconds; for durations. */
int64_t hearth_clock_mono(void);

/* Makes the clock drivable, ticking on from `start_us`. */
void hearth_clock_enable_test(int64_t start_us);
bool hearth_clock_is_test(void);
/* Sets domain time; -1 and FAILED_PRECONDITION unless enabled or when it would go back. */
int hearth_clock_set(int64_t now_us, struct hearth_status *status);

/* "YYYY-MM-DDTHH:MM:SS[.ffffff]Z" or "YYYY-MM-DD"; -1 and INVALID_ARGUMENT otherwise. */
int hearth_time_parse(const char *text, int64_t *ret_us, struct hearth_status *status);
void hearth_time_format(int64_t us, char ret_text[HEARTH_TIME_SIZE]);

/* Dates as days since 1970-01-01. Strict: "YYYY-MM-DD", real calendar days, years 1900 to 2199. */
int hearth_date_parse(const char *text, int32_t *ret_days);   /* 0 or -1 */
void hearth_date_format(int32_t days, char ret_date[HEARTH_DATE_SIZE]);
void hearth_date_split(int32_t days, int *ret_year, int *ret_month, int *ret_day);
int32_t hearth_date_join(int year, int month, int day);
/* The day on which somebody born on `born` reaches `years`; born on 29 February: 1 March
 * in a year that has none (the rule of England for attaining an age). */
int32_t hearth_date_birthday(int32_t born, int years);

#endif
