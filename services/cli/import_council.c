/* import_council.c: see import_council.h. */
#include "import_council.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/text.h>

#define NAME_SIZE 200

bool import_is_council_code(const char *text)
{
	return strlen(text) == 3 && strspn(text, "0123456789") == 3;
}

bool import_is_ons_code(const char *text)
{
	return strlen(text) == 9 && text[0] >= 'A' && text[0] <= 'Z' && strspn(text + 1, "0123456789") == 8;
}

void import_councils_done(struct import_councils *councils)
{
	for (size_t i = 0; i < councils->count; i++) {
		struct import_council *council = &councils->items[i];
		for (size_t k = 0; k < council->key_count; k++)
			free(council->keys[k]);
		free(council->name);
	}
	free(councils->items);
	*councils = (struct import_councils){ .count = 0 };
}

struct import_council *import_council_of_code(const struct import_councils *councils, const char *code)
{
	for (size_t i = 0; i < councils->count; i++)
		if (strcmp(councils->items[i].code, code) == 0)
			return &councils->items[i];
	return NULL;
}

struct import_council *import_council_add(struct import_councils *councils, const char *code, const char *name)
{
	struct import_council *council = import_council_of_code(councils, code);
	if (council != NULL)
		return council;
	if (councils->count == councils->room)
		councils->items = hearth_realloc(councils->items, (councils->room = councils->room == 0 ? 64 : 2 * councils->room)
		                                 * sizeof(*councils->items));
	council = &councils->items[councils->count++];
	*council = (struct import_council){ .name = hearth_strdup(name) };
	hearth_text_copy(council->code, sizeof(council->code), code);
	return council;
}

static bool has_key(const struct import_council *council, const char *key)
{
	for (size_t i = 0; i < council->key_count; i++)
		if (strcmp(council->keys[i], key) == 0)
			return true;
	return false;
}

bool import_council_add_key(struct import_council *council, const char *key)
{
	if (key[0] == '\0' || strcmp(council->name, key) == 0 || has_key(council, key))
		return true;
	if (council->key_count == IMPORT_COUNCIL_KEYS_MOST)
		return false;
	council->keys[council->key_count++] = hearth_strdup(key);
	return true;
}

struct import_council *import_council_of_key(const struct import_councils *councils, const char *key)
{
	for (size_t i = 0; i < councils->count; i++)
		if (strcmp(councils->items[i].name, key) == 0 || has_key(&councils->items[i], key))
			return &councils->items[i];
	return NULL;
}

/* ---- names ---------------------------------------------------------------------------------------------------------- */

static bool drops(const char *word, size_t size)
{
	static const char *const dropped[] = { "city", "of", "county", "council", "borough", "metropolitan", "royal", "the",
		"district", "unitary", "authority", "lb", "mbc", "cc", NULL };
	for (size_t i = 0; dropped[i] != NULL; i++)
		if (strlen(dropped[i]) == size && strncmp(dropped[i], word, size) == 0)
			return true;
	return false;
}

/* "Kingston upon Hull, City of" and "City of Kingston-upon-Hull Council" are both "kingstonuponhull". */
static void plain_name(const char *text, char ret_plain[NAME_SIZE])
{
	char words[NAME_SIZE] = "";
	size_t used = 0, out = 0;
	for (; *text != '\0' && used + 6 < sizeof(words); text++) {
		if (isalnum((unsigned char)*text))
			words[used++] = (char)tolower((unsigned char)*text);
		else if (*text == '&')
			used += (size_t)snprintf(words + used, sizeof(words) - used, " and ");
		else if (*text != '\'' && *text != '.' && used > 0 && words[used - 1] != ' ')
			words[used++] = ' ';
	}
	words[used] = '\0';
	const char *at = words;
	if (strncmp(at, "london borough ", 15) == 0)
		at += 15;
	for (; *at != '\0'; at += strspn(at, " ")) {
		size_t size = strcspn(at, " ");
		if (!drops(at, size)) {
			memcpy(ret_plain + out, at, size);
			out += size;
		}
		at += size;
	}
	ret_plain[out] = '\0';
}

static bool called(const struct import_council *council, const char *plain)
{
	char own[NAME_SIZE];
	plain_name(council->name, own);
	if (strcmp(own, plain) == 0)
		return true;
	for (size_t i = 0; i < council->key_count; i++) {
		plain_name(council->keys[i], own);
		if (strcmp(own, plain) == 0)
			return true;
	}
	return false;
}

const struct import_council *import_council_find(const struct import_councils *councils, const char *text, bool *ret_several)
{
	*ret_several = false;
	if (import_is_council_code(text))
		return import_council_of_code(councils, text);
	if (import_is_ons_code(text))
		return import_council_of_key(councils, text);
	const struct import_council *found = NULL;
	char plain[NAME_SIZE];
	plain_name(text, plain);
	if (plain[0] == '\0')
		return NULL;
	for (size_t i = 0; i < councils->count; i++) {
		if (!called(&councils->items[i], plain))
			continue;
		*ret_several = found != NULL;
		if (found != NULL)
			return NULL;
		found = &councils->items[i];
	}
	return found;
}
