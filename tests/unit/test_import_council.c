/* test_import_council.c: councils by code, by key and by name in any usual spelling. */
/* links: services/cli/import_council.c */
#include "../support/check_main.h"

#include <stdio.h>
#include <string.h>

#include "../../services/cli/import_council.h"

static struct import_councils councils;

static void add(const char *code, const char *name, const char *key)
{
	struct import_council *council = import_council_add(&councils, code, name);
	ck_assert(import_council_add_key(council, key));
}

static void fill(void)
{
	add("901", "Kingsmoor upon Weir, City of", "Z06000901");
	add("902", "Fenshire", "Z10000902");
	add("903", "St. Aldhelm's", "");
	add("904", "Dunham", "Z06000904");
	add("905", "Dunham", "Z06000905");
	add("906", "Moor and Vale", "Moorvale");
}

static void is(const char *text, const char *code, bool several)
{
	bool got;
	const struct import_council *council = import_council_find(&councils, text, &got);
	ck_assert_msg((council == NULL) == (code == NULL), "%s: %s", text, council != NULL ? council->code : "nobody");
	if (code != NULL)
		ck_assert_str_eq(council->code, code);
	ck_assert_int_eq(got, several);
}

START_TEST(a_council_is_found_by_code_key_or_name)
{
	fill();
	is("901", "901", false);
	is("Z10000902", "902", false);
	is("Z10000999", NULL, false);
	is("999", NULL, false);
	is("Fenshire", "902", false);
	is("Moorvale", "906", false);
	is("", NULL, false);
	is("Council", NULL, false);
	import_councils_done(&councils);
}
END_TEST

START_TEST(spellings_of_a_name_are_one_council)
{
	fill();
	is("Kingsmoor upon Weir", "901", false);
	is("City of Kingsmoor-upon-Weir", "901", false);
	is("KINGSMOOR UPON WEIR CITY COUNCIL", "901", false);
	is("Fenshire County Council", "902", false);
	is("London Borough of Fenshire", "902", false);
	is("St Aldhelms", "903", false);
	is("Moor & Vale", "906", false);
	is("Moor & Dale", NULL, false);
	is("Fen", NULL, false);
	import_councils_done(&councils);
}
END_TEST

START_TEST(a_name_that_two_councils_have_is_nobodys)
{
	fill();
	is("Dunham Council", NULL, true);
	is("Z06000905", "905", false);
	import_councils_done(&councils);
}
END_TEST

START_TEST(a_council_has_each_key_once_and_twenty_at_most)
{
	struct import_council *council = import_council_add(&councils, "901", "Weir");
	char key[16];
	ck_assert(import_council_add_key(council, "Weir") && import_council_add_key(council, ""));
	for (int i = 0; i < 2 * IMPORT_COUNCIL_KEYS_MOST; i++) {
		snprintf(key, sizeof key, "Z%08d", i % IMPORT_COUNCIL_KEYS_MOST);
		ck_assert(import_council_add_key(council, key));
	}
	ck_assert_uint_eq(council->key_count, IMPORT_COUNCIL_KEYS_MOST);
	ck_assert(!import_council_add_key(council, "Z99999999"));
	import_councils_done(&councils);
}
END_TEST

int main(void)
{
	return CHECK_MAIN("import_council", a_council_is_found_by_code_key_or_name, spellings_of_a_name_are_one_council,
	                  a_name_that_two_councils_have_is_nobodys, a_council_has_each_key_once_and_twenty_at_most);
}
