/* import_columns.c: see import_columns.h. */
#include "import_columns.h"

#include <string.h>

#define PLAIN_SIZE 96

void import_columns_plain(const char *text, size_t size, char *ret_plain)
{
	size_t used = 0;
	for (; *text != '\0' && used + 1 < size; text++) {
		if ((*text >= 'a' && *text <= 'z') || (*text >= '0' && *text <= '9'))
			ret_plain[used++] = *text;
		else if (*text >= 'A' && *text <= 'Z')
			ret_plain[used++] = (char)(*text - 'A' + 'a');
	}
	ret_plain[used] = '\0';
}

static bool fits(const char *plain, const char *spelling)
{
	for (; *spelling != '\0'; spelling++, plain++) {
		if (*spelling == '*')
			return true;
		if (*spelling == '#' ? *plain < '0' || *plain > '9' : *plain != *spelling)
			return false;
	}
	return *plain == '\0';
}

static size_t known_columns(const struct csv_row *header)
{
	return header->count < CSV_FIELDS_MOST ? header->count : CSV_FIELDS_MOST;
}

static size_t place_of(const struct import_meaning *meaning, const struct csv_row *header, const bool *taken)
{
	for (const char *const *spelling = meaning->spellings; *spelling != NULL; spelling++) {
		for (size_t i = 0; i < known_columns(header); i++) {
			char plain[PLAIN_SIZE];
			import_columns_plain(header->fields[i], sizeof(plain), plain);
			if (!taken[i] && fits(plain, *spelling))
				return i;
		}
	}
	return IMPORT_NO_COLUMN;
}

bool import_columns_find(const struct import_meaning *meanings, const struct csv_row *header,
                         size_t ret_places[IMPORT_MEANINGS_MOST])
{
	bool taken[CSV_FIELDS_MOST] = { false }, whole = true;
	for (size_t m = 0; meanings[m].name != NULL; m++) {
		ret_places[m] = place_of(&meanings[m], header, taken);
		if (ret_places[m] != IMPORT_NO_COLUMN)
			taken[ret_places[m]] = true;
		else if (meanings[m].required)
			whole = false;
	}
	return whole;
}

static void append(char *text, size_t size, const char *what)
{
	size_t used = strlen(text), more = strlen(what);
	if (used + 1 + more + 1 > size)
		return;
	if (used > 0)
		text[used++] = ' ';
	memcpy(text + used, what, more + 1);
}

void import_columns_missing(const struct import_meaning *meanings, const size_t places[IMPORT_MEANINGS_MOST], bool required,
                            size_t size, char *ret_text)
{
	ret_text[0] = '\0';
	for (size_t m = 0; meanings[m].name != NULL; m++)
		if (places[m] == IMPORT_NO_COLUMN && (meanings[m].required || !required))
			append(ret_text, size, meanings[m].name);
}

void import_columns_unread(const struct csv_row *header, const size_t places[IMPORT_MEANINGS_MOST], size_t meanings,
                           size_t size, char *ret_text)
{
	ret_text[0] = '\0';
	for (size_t i = 0; i < known_columns(header); i++) {
		char plain[PLAIN_SIZE];
		bool read = false;
		for (size_t m = 0; m < meanings && !read; m++)
			read = places[m] == i;
		import_columns_plain(header->fields[i], sizeof(plain), plain);
		if (!read && plain[0] != '\0')
			append(ret_text, size, plain);
	}
}
