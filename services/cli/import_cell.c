/* import_cell.c: see import_cell.h. */
#include "import_cell.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <hearth/clock.h>
#include <hearth/text.h>

#define DIGITS "0123456789"

static char *put_utf8(char *at, unsigned character)
{
	if (character < 0x80) {
		*at++ = (char)character;
	} else if (character < 0x800) {
		*at++ = (char)(0xc0 | character >> 6);
		*at++ = (char)(0x80 | (character & 0x3f));
	} else {
		*at++ = (char)(0xe0 | character >> 12);
		*at++ = (char)(0x80 | (character >> 6 & 0x3f));
		*at++ = (char)(0x80 | (character & 0x3f));
	}
	return at;
}

void import_cell_utf8(const char *text, char *ret_utf8)
{
	/* What Windows-1252 has where Latin-1 has control characters; 0: nothing, shown as a question mark. */
	static const unsigned short high[32] = {
		0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
		0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
	};
	for (; *text != '\0'; text++) {
		unsigned character = (unsigned char)*text;
		if (character >= 0x80 && character < 0xa0)
			character = high[character - 0x80] != 0 ? high[character - 0x80] : '?';
		ret_utf8 = put_utf8(ret_utf8, character);
	}
	*ret_utf8 = '\0';
}

bool import_cell_none(const char *text)
{
	static const char *const none[] = { "", "-", "NULL", "N/A", "NA", "Not applicable", "Not known", "Unknown", "TBC", NULL };
	for (size_t i = 0; none[i] != NULL; i++)
		if (hearth_text_same(text, none[i]))
			return true;
	return false;
}

int import_cell_whole(const char *text, int64_t *ret_number)
{
	int64_t number = 0;
	size_t digits = 0, group = 0;
	bool grouped = false;
	for (; *text != '\0' && *text != '.'; text++) {
		if (*text == ',' && digits > 0 && (!grouped || group == 3)) {
			grouped = true;
			group = 0;
			continue;
		}
		if (*text < '0' || *text > '9' || ++digits > 15)
			return -1;
		group++;
		number = number * 10 + (*text - '0');
	}
	if (digits == 0 || (grouped && group != 3) || (*text == '.' && (text[1] == '\0' || strspn(text + 1, "0") != strlen(text + 1))))
		return -1;
	*ret_number = number;
	return 0;
}

static int month_of(const char *word, size_t size)
{
	static const char *const months[] = { "january", "february", "march", "april", "may", "june", "july", "august",
		"september", "october", "november", "december" };
	for (int i = 0; i < 12; i++) {
		size_t whole = strlen(months[i]), same = 0;
		while (same < size && same < whole && tolower((unsigned char)word[same]) == months[i][same])
			same++;
		if (same == size && (size == 3 || size == whole))
			return i + 1;
	}
	return 0;
}

/* A number of at most `most` digits at *at, moved past; -1. */
static int number_at(const char **at, size_t most)
{
	size_t size = strspn(*at, DIGITS);
	if (size == 0 || size > most)
		return -1;
	int number = 0;
	for (size_t i = 0; i < size; i++)
		number = number * 10 + (*at)[i] - '0';
	*at += size;
	return number;
}

static int spelled_day(const char *at, int *ret_year, int *ret_month, int *ret_day)
{
	*ret_day = number_at(&at, 2);
	char mark = *at;
	if (*ret_day < 0 || (mark != '/' && mark != '-' && mark != ' ' && mark != '.'))
		return -1;
	at++;
	size_t letters = strcspn(at, "/- .0123456789");
	*ret_month = letters > 0 ? month_of(at, letters) : number_at(&at, 2);
	at += letters;
	if (*ret_month < 1 || *at != mark || strspn(at + 1, DIGITS) != 4)
		return -1;
	at++;
	*ret_year = number_at(&at, 4);
	/* A spreadsheet's midnight may follow. */
	return *at == '\0' || strncmp(at, " 00:00", 6) == 0 ? 0 : -1;
}

int import_cell_day(const char *text, char ret_day[11])
{
	int year, month, day;
	int32_t days;
	char iso[40];
	size_t size = strlen(text);
	if (size >= 10 && text[4] == '-' && (size == 10 || text[10] == ' ' || text[10] == 'T'))
		snprintf(iso, sizeof(iso), "%.10s", text);
	else if (spelled_day(text, &year, &month, &day) == 0)
		snprintf(iso, sizeof(iso), "%04d-%02d-%02d", year, month, day);
	else
		return -1;
	if (hearth_date_parse(iso, &days) != 0)
		return -1;
	memcpy(ret_day, iso, 11);
	return 0;
}
