/* test_log.c: levels and the shape of a line. */
#include <hearth/clock.h>
#include <hearth/log.h>
#include <hearth/text.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../support/check_main.h"

static int ends[2];
static int kept_stderr;
static char said[8192];

static void listen_in(void)
{
	ck_assert_int_eq(pipe(ends), 0);
	kept_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
}

/* What was written since. */
static const char *heard(void)
{
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	close(ends[1]);
	size_t size = 0;
	ssize_t got;
	while ((got = read(ends[0], said + size, sizeof(said) - 1 - size)) > 0)
		size += (size_t)got;
	close(ends[0]);
	said[size] = '\0';
	return said;
}

START_TEST(a_line_is_time_level_program_event_and_pairs)
{
	hearth_log_init("referrals");
	listen_in();
	hearth_log(HEARTH_LOG_INFO, "call", "method=%s code=%d", "GetReferral", 0);
	const char *line = heard();
	char time[28] = "";
	int64_t us;
	memcpy(time, line, 27);
	ck_assert_int_eq(hearth_time_parse(time, &us, NULL), 0);
	ck_assert_str_eq(line + 27, " info referrals call method=GetReferral code=0\n");
}
END_TEST

START_TEST(what_is_below_the_level_is_not_written)
{
	listen_in();
	hearth_log(HEARTH_LOG_DEBUG, "a", "x=1");
	hearth_log_set_level(HEARTH_LOG_ERROR);
	hearth_log(HEARTH_LOG_WARN, "b", "x=1");
	hearth_log(HEARTH_LOG_ERROR, "c", "x=1");
	hearth_log_set_level(HEARTH_LOG_DEBUG);
	hearth_log(HEARTH_LOG_DEBUG, "d", "x=1");
	const char *lines = heard();
	ck_assert_ptr_null(strstr(lines, " a x"));
	ck_assert_ptr_null(strstr(lines, " b x"));
	ck_assert_ptr_nonnull(strstr(lines, " error hearth c x=1\n"));
	ck_assert_ptr_nonnull(strstr(lines, " debug hearth d x=1\n"));
	ck_assert(hearth_log_enabled(HEARTH_LOG_DEBUG));
}
END_TEST

START_TEST(levels_have_names)
{
	enum hearth_level level = HEARTH_LOG_ERROR;
	ck_assert_int_eq(hearth_log_level_parse("debug", &level), 0);
	ck_assert_int_eq(level, HEARTH_LOG_DEBUG);
	ck_assert_int_eq(hearth_log_level_parse("WARN", &level), 0);
	ck_assert_int_eq(level, HEARTH_LOG_WARN);
	ck_assert_int_eq(hearth_log_level_parse("loud", &level), -1);
	ck_assert_int_eq(hearth_log_level_parse("", &level), -1);
	ck_assert_int_eq(level, HEARTH_LOG_WARN);
}
END_TEST

START_TEST(a_value_cannot_forge_a_line)
{
	listen_in();
	hearth_log(HEARTH_LOG_INFO, "call", "message=%s", "one\n2022-01-01T00:00:00Z error hearth forged\r\x1b[31m");
	const char *lines = heard();
	ck_assert_ptr_eq(strchr(lines, '\n'), lines + strlen(lines) - 1);
	ck_assert_ptr_null(strpbrk(lines, "\r\x1b"));
}
END_TEST

START_TEST(a_long_line_is_cut_and_still_ends)
{
	char text[5000];
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	listen_in();
	hearth_log(HEARTH_LOG_INFO, "call", "message=%s", text);
	const char *line = heard();
	ck_assert_uint_le(strlen(line), 2048);
	ck_assert_uint_gt(strlen(line), 2000);
	ck_assert_int_eq(line[strlen(line) - 1], '\n');
}
END_TEST

START_TEST(logging_keeps_errno)
{
	listen_in();
	errno = ENOENT;
	hearth_log(HEARTH_LOG_INFO, "call", "x=1");
	int kept = errno;
	heard();
	ck_assert_int_eq(kept, ENOENT);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("log", a_line_is_time_level_program_event_and_pairs, what_is_below_the_level_is_not_written,
	                  levels_have_names, a_value_cannot_forge_a_line, a_long_line_is_cut_and_still_ends,
	                  logging_keeps_errno);
}
