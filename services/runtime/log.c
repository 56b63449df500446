/* log.c: lines on standard error, each written by one system call.
 *
 * Promises: a line is at most 2,048 bytes and never holds a line break or
 * another control character of its values; what is below the level costs a
 * comparison. Not for concurrent threads; whole lines of several processes do
 * not mix (a pipe takes 4,096 bytes at once).
 */
#include <hearth/log.h>
#include <hearth/clock.h>
#include <hearth/text.h>

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MOST 2048

static const char *const level_names[] = { "error", "warn", "info", "debug" };

static enum hearth_level present_level = HEARTH_LOG_INFO;
static char program_name[64] = "hearth";

void hearth_log_init(const char *program)
{
	hearth_text_copy(program_name, sizeof(program_name), program);
}

void hearth_log_set_level(enum hearth_level level)
{
	present_level = level;
}

int hearth_log_level_parse(const char *text, enum hearth_level *ret_level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++)
		if (hearth_text_same(text, level_names[i])) {
			*ret_level = (enum hearth_level)i;
			return 0;
		}
	return -1;
}

bool hearth_log_enabled(enum hearth_level level)
{
	return level <= present_level;
}

static void write_line(const char *line, size_t size)
{
	while (size > 0) {
		ssize_t wrote = write(STDERR_FILENO, line, size);
		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote <= 0)
			return;              /* nobody reads: a log never stops a service */
		line += wrote;
		size -= (size_t)wrote;
	}
}

void hearth_log(enum hearth_level level, const char *event, const char *format, ...)
{
	if (!hearth_log_enabled(level))
		return;
	int kept_errno = errno;
	char line[LINE_MOST];
	char now[HEARTH_TIME_SIZE];
	hearth_time_format(hearth_clock_wall(), now);
	int head = snprintf(line, sizeof(line), "%s %s %s %.64s ", now, level_names[level], program_name, event);
	size_t length = head > 0 ? (size_t)head : 0;
	size_t room = sizeof(line) - 1 - length;             /* the line break's byte is kept */
	va_list arguments;
	va_start(arguments, format);
	int wanted = vsnprintf(line + length, room, format, arguments);
	va_end(arguments);
	if (wanted > 0)
		length += (size_t)wanted < room ? (size_t)wanted : room - 1;
	for (size_t i = 0; i < length; i++)
		if ((uint8_t)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	while (length > 0 && line[length - 1] == ' ')
		length--;
	line[length++] = '\n';
	write_line(line, length);
	errno = kept_errno;
}
