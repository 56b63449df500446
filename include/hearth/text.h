/* text.h: small things about text and identity that everybody needs. */
#ifndef HEARTH_TEXT_H
#define HEARTH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEARTH_UUID_SIZE 37      /* 36 characters and NUL */
#define HEARTH_HASH_SIZE 16      /* bytes of a payload hash */

struct hearth_uuid { uint8_t bytes[16]; };

void hearth_uuid_new(struct hearth_uuid *ret_uuid);           /* version 7: time-ordered, random */
int hearth_uuid_parse(const char *text, struct hearth_uuid *ret_uuid);   /* 0 or -1 */
void hearth_uuid_format(const struct hearth_uuid *uuid, char ret_text[HEARTH_UUID_SIZE]);
bool hearth_uuid_is_nil(const struct hearth_uuid *uuid);

/* Valid UTF-8 without NUL (and without overlong forms and surrogates). */
bool hearth_utf8_valid(const void *bytes, size_t size);
/* BLAKE2b (libsodium). */
void hearth_hash(const void *bytes, size_t size, uint8_t ret_hash[HEARTH_HASH_SIZE]);
void hearth_hex(const void *bytes, size_t size, char *ret_text);   /* 2 * size + 1 */
/* Case-insensitive ASCII. */
bool hearth_text_same(const char *a, const char *b);
/* Copies at most size - 1 characters, never through the middle of a UTF-8 character. */
void hearth_text_copy(char *ret_text, size_t size, const char *text);
/* Upper case, one space before the last three; -1 when it is no full postcode form.
 * ret_text needs 9 bytes. The sample returns hold made-up areas: only the form is checked. */
int hearth_postcode_normalise(const char *text, char ret_text[9]);
/* The outward part ("B12") of a normalised or outward-only postcode; -1 when malformed. 5 bytes. */
int hearth_postcode_outward(const char *text, char ret_text[5]);

#endif
