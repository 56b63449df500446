/* clock.c: the only door to time, and calendar arithmetic.
 *
 * Domain time is wall time, or under --test-clock a time that was set and
 * ticks on with the monotonic clock. The calendar is the proleptic Gregorian
 * one; dates are days since 1970-01-01. No time zone database is read: the
 * one rule that Hearth needs stands below.
 */
#include <hearth/clock.h>
#include <hearth/status.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SECOND_US INT64_C(1000000)
#define DAY_US (INT64_C(86400) * SECOND_US)
#define HOUR_US (INT64_C(3600) * SECOND_US)

static struct {
	bool enabled;
	int64_t base_us;         /* domain time ... */
	int64_t base_mono;       /* ... at this monotonic time */
} test_clock;

static int64_t read_clock(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

int64_t hearth_clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t hearth_clock_mono(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t hearth_clock_now(void)
{
	if (!test_clock.enabled)
		return hearth_clock_wall();
	return test_clock.base_us + (hearth_clock_mono() - test_clock.base_mono);
}

void hearth_clock_enable_test(int64_t start_us)
{
	test_clock.enabled = true;
	test_clock.base_us = start_us;
	test_clock.base_mono = hearth_clock_mono();
}

bool hearth_clock_is_test(void)
{
	return test_clock.enabled;
}

int hearth_clock_set(int64_t now_us, struct hearth_status *status)
{
	if (!test_clock.enabled)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "CLOCK_NOT_DRIVABLE",
		                   "the clock can be driven only under --test-clock");
	int64_t mono = hearth_clock_mono();
	int64_t present = test_clock.base_us + (mono - test_clock.base_mono);
	if (now_us < present) {
		char text[HEARTH_TIME_SIZE];
		hearth_time_format(present, text);
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "CLOCK_BACKWARDS",
		                   "the clock goes forward only; it stands at %s", text);
	}
	test_clock.base_us = now_us;
	test_clock.base_mono = mono;
	return 0;
}

/* ---- dates --------------------------------------------------------------------- */

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* Years are counted from March, so that the leap day is the last of a year; 400 years are 146,097 days. */
int32_t hearth_date_join(int year, int month, int day)
{
	int y = month <= 2 ? year - 1 : year;
	int era = (y >= 0 ? y : y - 399) / 400;
	int year_of_era = y - era * 400;
	int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
	int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return (int32_t)(era * 146097 + day_of_era - 719468);
}

void hearth_date_split(int32_t days, int *ret_year, int *ret_month, int *ret_day)
{
	int64_t shifted = (int64_t)days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int day_of_era = (int)(shifted - era * 146097);
	int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int from_march = (5 * day_of_year + 2) / 153;
	*ret_day = day_of_year - (153 * from_march + 2) / 5 + 1;
	*ret_month = from_march < 10 ? from_march + 3 : from_march - 9;
	*ret_year = (int)(year_of_era + era * 400) + (*ret_month <= 2 ? 1 : 0);
}

/* `count` digits at `text`; -1 when one is none. */
static int read_digits(const char *text, int count)
{
	int value = 0;
	for (int i = 0; i < count; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
	}
	return value;
}

/* The first ten characters; what follows is not looked at. */
static int read_date(const char *text, int32_t *ret_days)
{
	int year = read_digits(text, 4);
	if (year < 1900 || year > 2199 || text[4] != '-')
		return -1;
	int month = read_digits(text + 5, 2);
	if (month < 1 || month > 12 || text[7] != '-')
		return -1;
	int day = read_digits(text + 8, 2);
	if (day < 1 || day > days_of_month(year, month))
		return -1;
	*ret_days = hearth_date_join(year, month, day);
	return 0;
}

int hearth_date_parse(const char *text, int32_t *ret_days)
{
	int32_t days;
	if (read_date(text, &days) != 0 || text[10] != '\0')
		return -1;
	*ret_days = days;
	return 0;
}

static void write_digits(char *ret_text, int value, int count)
{
	for (int i = count - 1; i >= 0; i--) {
		ret_text[i] = (char)('0' + value % 10);
		value /= 10;
	}
}

/* What has no four-digit year is written as the nearest day that has one. */
void hearth_date_format(int32_t days, char ret_date[HEARTH_DATE_SIZE])
{
	const int32_t first = -719162, last = 2932896;       /* 0001-01-01, 9999-12-31 */
	int year, month, day;
	hearth_date_split(days < first ? first : days > last ? last : days, &year, &month, &day);
	write_digits(ret_date, year, 4);
	ret_date[4] = '-';
	write_digits(ret_date + 5, month, 2);
	ret_date[7] = '-';
	write_digits(ret_date + 8, day, 2);
	ret_date[10] = '\0';
}

int32_t hearth_date_birthday(int32_t born, int years)
{
	int year, month, day;
	hearth_date_split(born, &year, &month, &day);
	year += years;
	if (month == 2 && day == 29 && !is_leap(year)) {
		month = 3;
		day = 1;
	}
	return hearth_date_join(year, month, day);
}

/* ---- times ----------------------------------------------------------------------- */

static int32_t day_of(int64_t us)
{
	int64_t days = us / DAY_US;
	return (int32_t)(us % DAY_US < 0 ? days - 1 : days);
}

static int fail_time(struct hearth_status *status)
{
	return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "INVALID_TIME",
	                   "a time is written 2024-03-31T09:30:00Z (fraction optional) or 2024-03-31, years 1900 to 2199");
}

int hearth_time_parse(const char *text, int64_t *ret_us, struct hearth_status *status)
{
	int32_t days;
	if (read_date(text, &days) != 0)
		return fail_time(status);
	if (text[10] == '\0') {
		*ret_us = days * DAY_US;
		return 0;
	}
	if (text[10] != 'T')
		return fail_time(status);
	int hour = read_digits(text + 11, 2);
	if (hour < 0 || hour > 23 || text[13] != ':')
		return fail_time(status);
	int minute = read_digits(text + 14, 2);
	if (minute < 0 || minute > 59 || text[16] != ':')
		return fail_time(status);
	int second = read_digits(text + 17, 2);
	if (second < 0 || second > 59)
		return fail_time(status);
	const char *at = text + 19;
	int64_t fraction = 0;
	if (*at == '.') {
		int64_t unit = SECOND_US / 10;
		int digits = 0;
		for (at++; *at >= '0' && *at <= '9' && digits < 9; at++, digits++, unit /= 10)
			fraction += (*at - '0') * unit;
		if (digits == 0)
			return fail_time(status);
	}
	if (at[0] != 'Z' || at[1] != '\0')
		return fail_time(status);
	*ret_us = days * DAY_US + ((hour * 60 + minute) * INT64_C(60) + second) * SECOND_US + fraction;
	return 0;
}

void hearth_time_format(int64_t us, char ret_text[HEARTH_TIME_SIZE])
{
	const int64_t first = -719162 * DAY_US, last = 2932897 * DAY_US - 1;
	us = us < first ? first : us > last ? last : us;
	int32_t days = day_of(us);
	int64_t rest = us - days * DAY_US;
	int seconds = (int)(rest / SECOND_US);
	int fraction = (int)(rest % SECOND_US);
	hearth_date_format(days, ret_text);
	ret_text[10] = 'T';
	write_digits(ret_text + 11, seconds / 3600, 2);
	ret_text[13] = ':';
	write_digits(ret_text + 14, seconds / 60 % 60, 2);
	ret_text[16] = ':';
	write_digits(ret_text + 17, seconds % 60, 2);
	ret_text[19] = '.';
	write_digits(ret_text + 20, fraction, 6);
	ret_text[26] = 'Z';
	ret_text[27] = '\0';
}

/* ---- England -------------------------------------------------------------------- */

/* The last Sunday of a month of 31 days (1970-01-01 was a Thursday). */
static int32_t last_sunday(int year, int month)
{
	int32_t last = hearth_date_join(year, month, 31);
	int weekday = (int)(((last + 4) % 7 + 7) % 7);        /* Sunday is 0 */
	return last - weekday;
}

/* British Summer Time, one hour ahead of UTC: from 01:00 UTC of the last Sunday of March to 01:00 UTC of the last
 * Sunday of October. Source: Summer Time Act 1972, section 1, as amended by the Summer Time Order 2002
 * (SI 2002/262); the same days since 1996. Earlier years had other days and are reckoned by the same rule. */
static int64_t summer_time(int64_t us)
{
	int year, month, day;
	hearth_date_split(day_of(us), &year, &month, &day);
	int64_t start = last_sunday(year, 3) * DAY_US + HOUR_US;
	int64_t end = last_sunday(year, 10) * DAY_US + HOUR_US;
	return us >= start && us < end ? HOUR_US : 0;
}

void hearth_clock_today(char ret_date[HEARTH_DATE_SIZE])
{
	/* Every call asks, and the answer is good for the whole hour: days and summer time begin on the hour. */
	static int64_t hour = INT64_MIN;
	static char date[HEARTH_DATE_SIZE];
	int64_t now = hearth_clock_now(), present = (now - (now < 0 ? HOUR_US - 1 : 0)) / HOUR_US;
	if (present != hour) {
		hearth_date_format(day_of(now + summer_time(now)), date);
		hour = present;
	}
	memcpy(ret_date, date, sizeof date);
}
