/* text.c: UUIDs, UTF-8, hashes and postcodes.
 *
 * Promises: identifiers are unpredictable (libsodium) and never repeat across
 * a fork; nothing here allocates or fails for lack of anything.
 */
#include <hearth/text.h>

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Random bytes are drawn a page at a time: one system call for 64 identifiers. */
static _Thread_local struct {
	uint8_t bytes[512];
	size_t left;
} pool;

static void forget_pool(void)
{
	pool.left = 0;
}

__attribute__((constructor)) static void text_init(void)
{
	if (sodium_init() < 0)
		abort();
	/* A forked child must not hand out its parent's bytes again. */
	if (pthread_atfork(NULL, NULL, forget_pool) != 0)
		abort();
}

static void take_random(uint8_t ret_bytes[8])
{
	if (pool.left < 8) {
		randombytes_buf(pool.bytes, sizeof(pool.bytes));
		pool.left = sizeof(pool.bytes);
	}
	pool.left -= 8;
	memcpy(ret_bytes, pool.bytes + pool.left, 8);
	memset(pool.bytes + pool.left, 0, 8);
}

/* RFC 9562, version 7: 48 bits of milliseconds, 12 bits of the millisecond's fraction (method 3), 62 random bits. */
void hearth_uuid_new(struct hearth_uuid *ret_uuid)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	uint64_t milliseconds = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
	uint64_t fraction = ((uint64_t)now.tv_nsec % 1000000) * 4096 / 1000000;
	uint8_t *bytes = ret_uuid->bytes;
	for (int i = 0; i < 6; i++)
		bytes[i] = (uint8_t)(milliseconds >> (40 - 8 * i));
	bytes[6] = (uint8_t)(0x70 | (fraction >> 8));
	bytes[7] = (uint8_t)fraction;
	take_random(bytes + 8);
	bytes[8] = (uint8_t)(0x80 | (bytes[8] & 0x3f));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hearth_uuid_parse(const char *text, struct hearth_uuid *ret_uuid)
{
	struct hearth_uuid uuid;
	const char *at = text;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10) {
			if (*at != '-')
				return -1;
			at++;
		}
		int high = hex_digit(at[0]);
		int low = high < 0 ? -1 : hex_digit(at[1]);
		if (low < 0)
			return -1;
		uuid.bytes[i] = (uint8_t)(high * 16 + low);
		at += 2;
	}
	if (*at != '\0')
		return -1;
	*ret_uuid = uuid;
	return 0;
}

static const char hex_digits[] = "0123456789abcdef";

void hearth_uuid_format(const struct hearth_uuid *uuid, char ret_text[HEARTH_UUID_SIZE])
{
	char *at = ret_text;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = hex_digits[uuid->bytes[i] >> 4];
		*at++ = hex_digits[uuid->bytes[i] & 15];
	}
	*at = '\0';
}

bool hearth_uuid_is_nil(const struct hearth_uuid *uuid)
{
	static const struct hearth_uuid nil;
	return memcmp(uuid, &nil, sizeof(nil)) == 0;
}

static bool is_continuation(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Length of the character at `at` (not ASCII), 0 when it is malformed. The bounds of the second byte keep out
 * overlong forms, surrogates and what lies past U+10FFFF (Unicode, table 3-7). */
static size_t utf8_length(const uint8_t *at, size_t left)
{
	uint8_t lead = at[0];
	if (lead >= 0xc2 && lead <= 0xdf)
		return left >= 2 && is_continuation(at[1]) ? 2 : 0;
	if (lead >= 0xe0 && lead <= 0xef) {
		uint8_t least = lead == 0xe0 ? 0xa0 : 0x80;
		uint8_t most = lead == 0xed ? 0x9f : 0xbf;
		return left >= 3 && at[1] >= least && at[1] <= most && is_continuation(at[2]) ? 3 : 0;
	}
	if (lead >= 0xf0 && lead <= 0xf4) {
		uint8_t least = lead == 0xf0 ? 0x90 : 0x80;
		uint8_t most = lead == 0xf4 ? 0x8f : 0xbf;
		return left >= 4 && at[1] >= least && at[1] <= most && is_continuation(at[2]) && is_continuation(at[3])
		    ? 4 : 0;
	}
	return 0;
}

bool hearth_utf8_valid(const void *bytes, size_t size)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const uint64_t highs = UINT64_C(0x8080808080808080);
	const uint8_t *at = bytes;
	const uint8_t *end = at + size;
	while (at < end) {
		uint64_t word;
		/* Eight bytes at once, as long as none has its high bit set and none is NUL. */
		while (end - at >= 8) {
			memcpy(&word, at, 8);
			if (((word | (word - ones)) & highs) != 0)
				break;
			at += 8;
		}
		if (at == end)
			return true;
		if (*at == 0)
			return false;
		size_t length = *at < 0x80 ? 1 : utf8_length(at, (size_t)(end - at));
		if (length == 0)
			return false;
		at += length;
	}
	return true;
}

void hearth_hash(const void *bytes, size_t size, uint8_t ret_hash[HEARTH_HASH_SIZE])
{
	crypto_generichash(ret_hash, HEARTH_HASH_SIZE, bytes, size, NULL, 0);
}

void hearth_hex(const void *bytes, size_t size, char *ret_text)
{
	const uint8_t *at = bytes;
	for (size_t i = 0; i < size; i++) {
		ret_text[2 * i] = hex_digits[at[i] >> 4];
		ret_text[2 * i + 1] = hex_digits[at[i] & 15];
	}
	ret_text[2 * size] = '\0';
}

static char ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

bool hearth_text_same(const char *a, const char *b)
{
	while (*a != '\0' && ascii_upper(*a) == ascii_upper(*b)) {
		a++;
		b++;
	}
	return ascii_upper(*a) == ascii_upper(*b);
}

void hearth_text_copy(char *ret_text, size_t size, const char *text)
{
	if (size == 0)
		return;
	size_t length = strnlen(text, size);
	if (length == size) {
		/* Too long: back to the start of the character that would be cut. */
		length = size - 1;
		while (length > 0 && is_continuation((uint8_t)text[length]))
			length--;
	}
	memmove(ret_text, text, length);
	ret_text[length] = '\0';
}

/* ---- postcodes ------------------------------------------------------------- */

static bool is_letter(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A9, A99, A9A, AA9, AA99, AA9A. */
static bool is_outward(const char *text, size_t length)
{
	if (length < 2 || length > 4 || !is_letter(text[0]))
		return false;
	size_t at = is_letter(text[1]) ? 2 : 1;
	if (at >= length || !is_digit(text[at]))
		return false;
	at++;
	return at == length || (at + 1 == length && (is_digit(text[at]) || is_letter(text[at])));
}

static bool is_inward(const char *text)
{
	return is_digit(text[0]) && is_letter(text[1]) && is_letter(text[2]);
}

/* Upper case without spaces and tabs; the length, or 0 when it is empty or too long for a postcode. */
static size_t postcode_squeeze(const char *text, char ret_text[8])
{
	size_t length = 0;
	for (; *text != '\0'; text++) {
		if (*text == ' ' || *text == '\t')
			continue;
		if (length == 7)
			return 0;
		ret_text[length++] = ascii_upper(*text);
	}
	ret_text[length] = '\0';
	return length;
}

int hearth_postcode_normalise(const char *text, char ret_text[9])
{
	char squeezed[8];
	size_t length = postcode_squeeze(text, squeezed);
	if (length < 5 || !is_inward(squeezed + length - 3) || !is_outward(squeezed, length - 3))
		return -1;
	size_t outward = length - 3;
	memcpy(ret_text, squeezed, outward);
	ret_text[outward] = ' ';
	memcpy(ret_text + outward + 1, squeezed + outward, 4);
	return 0;
}

int hearth_postcode_outward(const char *text, char ret_text[5])
{
	char squeezed[8];
	size_t length = postcode_squeeze(text, squeezed);
	if (length >= 5 && is_inward(squeezed + length - 3))
		length -= 3;
	if (!is_outward(squeezed, length))
		return -1;
	memcpy(ret_text, squeezed, length);
	ret_text[length] = '\0';
	return 0;
}
