/* log.h: one line per write, error, or call over 100 ms; reads at debug.
 *
 * A line is `time level event key=value ...` on standard error. Values are
 * ids, codes, counts and times, never a child's data. Levels change on SIGHUP.
 */
#ifndef HEARTH_LOG_H
#define HEARTH_LOG_H

#include <stdbool.h>

enum hearth_level { HEARTH_LOG_ERROR, HEARTH_LOG_WARN, HEARTH_LOG_INFO, HEARTH_LOG_DEBUG };

void hearth_log_init(const char *program);            /* name shown in each line */
void hearth_log_set_level(enum hearth_level level);
int hearth_log_level_parse(const char *text, enum hearth_level *ret_level);   /* 0 or -1 */
bool hearth_log_enabled(enum hearth_level level);
/* `event` is a short fixed word ("call", "group", "pull"); `format` gives key=value pairs. */
void hearth_log(enum hearth_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
