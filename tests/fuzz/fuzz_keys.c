/* fuzz_keys.c: any bytes as the file of a public key and of a secret: refused with a reason that says nothing of a secret,
 * or an identity that is whole, which is written and read again the same. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <hearth/status.h>
#include <hearth/trust.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A file of these bytes that only its owner may read; its path. */
static int keep(const uint8_t *bytes, size_t size, char ret_path[64])
{
	int fd = memfd_create("key", MFD_CLOEXEC);
	assert(fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void check_whole(const struct hearth_identity *identity)
{
	static char path[64];
	struct hearth_identity back;
	struct hearth_status status = HEARTH_STATUS_INIT;
	assert(hearth_key_name_check(identity->name, &status) == 0);
	assert(strlen(identity->key) == HEARTH_CURVE_SIZE - 1);
	assert(identity->authority[0] == '\0' || strspn(identity->authority, "0123456789") == 3);
	assert((identity->kind == HEARTH_KEY_OF_SYSTEM) == (identity->roles != 0));
	if (path[0] == '\0')
		snprintf(path, sizeof path, "/tmp/hearth-fuzz-key.%d", (int)getpid());
	assert(hearth_identity_write(path, identity, true, &status) == 0);
	int result = hearth_identity_read(path, &back, &status);
	unlink(path);
	assert(result == 0);
	assert(strcmp(back.name, identity->name) == 0 && back.kind == identity->kind && back.roles == identity->roles);
	assert(strcmp(back.authority, identity->authority) == 0 && strcmp(back.key, identity->key) == 0);
	assert(strcmp(back.made, identity->made) == 0);
}

/* What follows "secret" in the file stands in no message. */
static void check_secret_unsaid(const uint8_t *bytes, size_t size, const struct hearth_status *status)
{
	for (size_t i = 0; i + 24 < size; i++) {
		char part[17] = "";
		if (memcmp(bytes + i, "secret = ", 9) != 0)
			continue;
		memcpy(part, bytes + i + 9, 16);
		assert(strlen(part) < 16 || strstr(status->message, part) == NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char path[64];
	struct hearth_identity identity;
	struct hearth_secret secret;
	struct hearth_status status = HEARTH_STATUS_INIT;
	int fd = keep(bytes, size, path);
	if (hearth_identity_read(path, &identity, &status) == 0)
		check_whole(&identity);
	else
		assert(status.message[0] != '\0');
	status = (struct hearth_status)HEARTH_STATUS_INIT;
	if (hearth_secret_read(path, &secret, &status) == 0)
		assert(hearth_key_name_check(secret.name, &status) == 0 && strlen(secret.key) == HEARTH_CURVE_SIZE - 1);
	else
		assert(status.message[0] != '\0');
	check_secret_unsaid(bytes, size, &status);
	close(fd);
	return 0;
}
