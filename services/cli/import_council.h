/* import_council.h: councils by whatever a published table calls them: DfE code, ONS code, a name in any usual spelling.
 * Pure. */
#ifndef HEARTH_CLI_IMPORT_COUNCIL_H
#define HEARTH_CLI_IMPORT_COUNCIL_H

#include <stdbool.h>
#include <stddef.h>

#define IMPORT_COUNCIL_KEYS_MOST 20

struct import_council {
	char code[4];
	char *name;
	size_t key_count;
	char *keys[IMPORT_COUNCIL_KEYS_MOST];      /* ONS codes and further names */
	bool said;                     /* in the file being read */
};

struct import_councils {
	size_t count, room;
	struct import_council *items;  /* in the order in which they were added */
};

void import_councils_done(struct import_councils *councils);

struct import_council *import_council_of_code(const struct import_councils *councils, const char *code);
/* Adds a council or finds it; the name only of a new one. */
struct import_council *import_council_add(struct import_councils *councils, const char *code, const char *name);
/* False: it has the most keys already. A key that it has is not added again. */
bool import_council_add_key(struct import_council *council, const char *key);
/* Whose ONS code or exact name this is, or NULL. */
struct import_council *import_council_of_key(const struct import_councils *councils, const char *key);

/* By code, key or name, whichever it is. Names are compared without case, marks and the words that spellings differ in
 * ("City of", "Council", "London Borough of"). NULL: nobody, or *ret_several. */
const struct import_council *import_council_find(const struct import_councils *councils, const char *text, bool *ret_several);

bool import_is_council_code(const char *text);             /* three digits */
bool import_is_ons_code(const char *text);                 /* a capital and eight digits */

#endif
