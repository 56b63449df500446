/* reference.c: see reference.h. Pure. */
#include "reference.h"

#include <stddef.h>

static const char letters[] = "23456789BCDFGHJKMNPQRTVWXYZ";

static uint64_t number_of(const uint8_t random[7])
{
	uint64_t number = 0;
	for (size_t i = 0; i < 7; i++)
		number = number << 8 | random[i];
	return number;
}

/* `form` holds a '#' for each character that is drawn. */
static void draw(uint64_t number, const char *form, char *ret_text)
{
	for (; *form; form++, ret_text++) {
		*ret_text = *form;
		if (*form == '#') {
			*ret_text = letters[number % (sizeof letters - 1)];
			number /= sizeof letters - 1;
		}
	}
	*ret_text = '\0';
}

void referrals_reference_short(const uint8_t random[7], char ret_text[REFERRALS_REFERENCE_SIZE])
{
	draw(number_of(random), "R-####-##", ret_text);
}

void referrals_reference_long(const uint8_t random[7], char ret_text[REFERRALS_REFERENCE_SIZE])
{
	draw(number_of(random), "R-####-####-##", ret_text);
}
