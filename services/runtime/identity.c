/* identity.c: the files of keys: who a public key is, and the secret that proves it.
 *
 * Plain text, lines of `name = value`; # begins a comment. Promises: a file that others may write is not believed, a
 * secret that others may read is not used; nothing is half written; no secret is in a status. The files are small and
 * read whole (at most 4,096 bytes).
 */
#include <hearth/trust.h>

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>
#include <zmq.h>

#include <hearth/service.h>
#include <hearth/text.h>
#include <hearth/v1/common.pb-c.h>

#define FILE_MOST 4096
#define PATH_MOST 512
#define FILES_MOST 4096          /* names looked at in one directory */
#define PUBLIC_ENDING ".public"
#define OLD_ENDING ".old.public"

static const char *const kinds[] = { "service", "gateway", "operator", "system" };

/* ---- words ---- */

const char *hearth_key_kind_name(enum hearth_key_kind kind)
{
	return kinds[kind];
}

int hearth_key_kind_parse(const char *text, enum hearth_key_kind *ret_kind)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (strcmp(text, kinds[i]) == 0) {
			*ret_kind = (enum hearth_key_kind)i;
			return 0;
		}
	return -1;
}

int hearth_key_name_check(const char *name, struct hearth_status *status)
{
	size_t size = strlen(name);

	if (size >= 1 && size <= HEARTH_KEY_NAME_MOST && name[0] >= 'a' && name[0] <= 'z' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == size)
		return 0;
	return hearth_fail_field(status, "name", "a key's name has 1 to %d of a-z, 0-9 and -, and begins with a letter",
	                         HEARTH_KEY_NAME_MOST);
}

static int find_role(const char *name, size_t size, uint32_t *roles)
{
	const ProtobufCEnumDescriptor *descriptor = &hearth__v1__role__descriptor;

	for (unsigned i = 0; i < descriptor->n_values; i++)
		if (descriptor->values[i].value != 0 && strlen(descriptor->values[i].name) == size &&
		    memcmp(descriptor->values[i].name, name, size) == 0) {
			*roles |= HEARTH_ROLE(descriptor->values[i].value);
			return 0;
		}
	return -1;
}

int hearth_roles_parse(const char *list, uint32_t *ret_roles, struct hearth_status *status)
{
	uint32_t roles = 0;

	while (*list) {
		size_t size = strcspn(list, ",");

		if (find_role(list, size, &roles) != 0)
			return hearth_fail_field(status, "roles", "there is no role \"%.*s\"", size > 40 ? 40 : (int)size, list);
		list += size + (list[size] == ',');
	}
	*ret_roles = roles;
	return 0;
}

void hearth_roles_format(uint32_t roles, char *ret_text, size_t size)
{
	const ProtobufCEnumDescriptor *descriptor = &hearth__v1__role__descriptor;
	size_t used = 0;

	ret_text[0] = '\0';
	for (unsigned i = 0; i < descriptor->n_values; i++) {
		if ((roles & HEARTH_ROLE(descriptor->values[i].value)) == 0)
			continue;
		int more = snprintf(ret_text + used, size - used, "%s%s", used ? "," : "", descriptor->values[i].name);
		if (more > 0 && used + (size_t)more < size)
			used += (size_t)more;
	}
}

void hearth_key_fingerprint(const char *key, char ret_text[HEARTH_FINGERPRINT_SIZE])
{
	uint8_t hash[HEARTH_HASH_SIZE];

	hearth_hash(key, strlen(key), hash);
	hearth_hex(hash, (HEARTH_FINGERPRINT_SIZE - 1) / 2, ret_text);
}

/* ---- reading ---- */

static int fail_file(struct hearth_status *status, const char *path, const char *what)
{
	size_t size = strlen(path);

	return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "KEY_FILE", "key file %s: %s",
	                   path + (size > 120 ? size - 120 : 0), what);
}

static int check_owner(const char *path, const struct stat *about, mode_t forbidden, struct hearth_status *status)
{
	if (about->st_uid != geteuid() && about->st_uid != 0)
		return fail_file(status, path, "belongs to another user");
	if (about->st_mode & forbidden)
		return fail_file(status, path, S_ISDIR(about->st_mode) ? "others may write it: make it 0755"
		                 : forbidden & S_IRGRP ? "others may read it: make it 0600" : "others may write it: make it 0644");
	return 0;
}

/* The whole file, with a NUL. */
static int read_file(const char *path, mode_t forbidden, char ret_text[FILE_MOST + 1], struct hearth_status *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat about;
	ssize_t size = -1;

	if (fd < 0)
		return fail_file(status, path, strerror(errno));
	if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode) || about.st_size > FILE_MOST) {
		fail_file(status, path, "is no file of a few lines");
	} else if (check_owner(path, &about, forbidden, status) == 0) {
		size = read(fd, ret_text, FILE_MOST);
		if (size < 0)
			fail_file(status, path, strerror(errno));
	}
	close(fd);
	if (size < 0)
		return -1;
	ret_text[size] = '\0';
	return 0;
}

/* The value of a line `name = value` into ret_value; false when there is none, or it is too long. */
static bool find_value(const char *text, const char *name, char *ret_value, size_t size)
{
	size_t length = strlen(name);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *value = line + length;
		size_t used = 0;

		if (strncmp(line, name, length) != 0)
			continue;
		value += strspn(value, " \t");
		if (*value++ != '=')
			continue;
		value += strspn(value, " \t");
		used = strcspn(value, " \t\r\n");
		if (used == 0 || used >= size)
			return false;
		memcpy(ret_value, value, used);
		ret_value[used] = '\0';
		return true;
	}
	return false;
}

static bool is_curve_key(const char *text)
{
	uint8_t bytes[32];
	bool good = strlen(text) == HEARTH_CURVE_SIZE - 1 && zmq_z85_decode(bytes, text) != NULL;

	sodium_memzero(bytes, sizeof bytes);
	return good;
}

/* Authority and roles are a system's; nobody else's key is bound to any. */
static int read_binding(const char *path, const char *text, struct hearth_identity *identity, struct hearth_status *status)
{
	char roles[200] = "";
	bool authority = find_value(text, "authority", identity->authority, sizeof identity->authority);

	if (authority && (strlen(identity->authority) != 3 || strspn(identity->authority, "0123456789") != 3))
		return fail_file(status, path, "authority must be three digits");
	if (!authority && find_value(text, "authority", roles, sizeof roles))
		return fail_file(status, path, "authority must be three digits");
	roles[0] = '\0';
	find_value(text, "roles", roles, sizeof roles);
	if (hearth_roles_parse(roles, &identity->roles, status) != 0)
		return hearth_fail_context(status, "key file %.100s", path);
	if (identity->kind == HEARTH_KEY_OF_SYSTEM && identity->roles == 0)
		return fail_file(status, path, "a system's key needs roles");
	if (identity->kind != HEARTH_KEY_OF_SYSTEM && (identity->roles != 0 || authority))
		return fail_file(status, path, "only a system's key has authority and roles");
	return 0;
}

int hearth_identity_read(const char *path, struct hearth_identity *ret_identity, struct hearth_status *status)
{
	char text[FILE_MOST + 1], kind[16];
	struct hearth_identity identity = { .old = false };
	struct hearth_status ignored = HEARTH_STATUS_INIT;

	if (read_file(path, S_IWGRP | S_IWOTH, text, status) != 0)
		return -1;
	if (!find_value(text, "name", identity.name, sizeof identity.name) ||
	    hearth_key_name_check(identity.name, &ignored) != 0)
		return fail_file(status, path, "has no proper name = ...");
	if (!find_value(text, "kind", kind, sizeof kind) || hearth_key_kind_parse(kind, &identity.kind) != 0)
		return fail_file(status, path, "kind must be service, gateway, operator or system");
	if (!find_value(text, "key", identity.key, sizeof identity.key) || !is_curve_key(identity.key))
		return fail_file(status, path, "has no proper key = ...");
	find_value(text, "made", identity.made, sizeof identity.made);
	if (read_binding(path, text, &identity, status) != 0)
		return -1;
	*ret_identity = identity;
	return 0;
}

int hearth_secret_read(const char *path, struct hearth_secret *ret_secret, struct hearth_status *status)
{
	char text[FILE_MOST + 1];
	struct hearth_secret secret;
	struct hearth_status ignored = HEARTH_STATUS_INIT;
	int result = -1;

	if (read_file(path, S_IRWXG | S_IRWXO, text, status) != 0)
		return -1;
	if (!find_value(text, "name", secret.name, sizeof secret.name) || hearth_key_name_check(secret.name, &ignored) != 0)
		fail_file(status, path, "has no proper name = ...");
	else if (!find_value(text, "secret", secret.secret, sizeof secret.secret) || !is_curve_key(secret.secret) ||
	         zmq_curve_public(secret.key, secret.secret) != 0)
		fail_file(status, path, "has no proper secret = ...");
	else
		result = 0;
	if (result == 0)
		*ret_secret = secret;
	sodium_memzero(text, sizeof text);
	sodium_memzero(&secret, sizeof secret);
	return result;
}

/* ---- writing ---- */

static int write_all(int fd, const char *text)
{
	size_t size = strlen(text);

	while (size > 0) {
		ssize_t written = write(fd, text, size);

		if (written < 0 && errno != EINTR)
			return -1;
		if (written > 0) {
			text += written;
			size -= (size_t)written;
		}
	}
	return fsync(fd);
}

/* A link fails where a rename would replace. */
static int put_in_place(const char *made, const char *path, bool replace)
{
	if (replace)
		return rename(made, path);
	if (link(made, path) != 0)
		return -1;
	unlink(made);
	return 0;
}

int hearth_key_name_settle(const char *path, struct hearth_status *status)
{
	char directory[PATH_MOST];
	const char *slash = strrchr(path, '/');
	int fd, result;

	snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_file(status, path, strerror(errno));
	result = fsync(fd) == 0 ? 0 : fail_file(status, path, strerror(errno));
	close(fd);
	return result;
}

static int write_file(const char *path, mode_t mode, const char *text, bool replace, struct hearth_status *status)
{
	char made[PATH_MOST + 8];
	int fd, result;

	if ((size_t)snprintf(made, sizeof made, "%s.XXXXXX", path) >= sizeof made)
		return fail_file(status, path, "its path is too long");
	fd = mkostemp(made, O_CLOEXEC);
	if (fd < 0)
		return fail_file(status, path, strerror(errno));
	result = fchmod(fd, mode) != 0 || write_all(fd, text) != 0 || put_in_place(made, path, replace) != 0 ? -1 : 0;
	if (result != 0) {
		fail_file(status, path, errno == EEXIST ? "is there already and is never overwritten" : strerror(errno));
		unlink(made);
	}
	close(fd);
	return result == 0 ? hearth_key_name_settle(path, status) : -1;
}

int hearth_identity_write(const char *path, const struct hearth_identity *identity, bool replace,
                          struct hearth_status *status)
{
	char text[FILE_MOST], roles[200], bound[256] = "";

	hearth_roles_format(identity->roles, roles, sizeof roles);
	if (identity->kind == HEARTH_KEY_OF_SYSTEM)
		snprintf(bound, sizeof bound, "%s%s%sroles = %s\n", identity->authority[0] ? "authority = " : "",
		         identity->authority, identity->authority[0] ? "\n" : "", roles);
	snprintf(text, sizeof text, "# Hearth: a public key. Everybody may read it, its keeper alone may write it.\n"
	         "name = %s\nkind = %s\n%smade = %s\nkey = %s\n", identity->name, hearth_key_kind_name(identity->kind), bound,
	         identity->made, identity->key);
	return write_file(path, 0644, text, replace, status);
}

int hearth_secret_write(const char *path, const struct hearth_secret *secret, bool replace, struct hearth_status *status)
{
	char text[FILE_MOST];
	int result;

	snprintf(text, sizeof text, "# Hearth: a secret key. Its owner alone may read it; it never travels.\n"
	         "name = %s\nsecret = %s\n", secret->name, secret->secret);
	result = write_file(path, 0600, text, replace, status);
	sodium_memzero(text, sizeof text);
	return result;
}

/* ---- the directory ---- */

static bool ends_with(const char *name, const char *ending)
{
	size_t size = strlen(name), more = strlen(ending);

	return size > more && strcmp(name + size - more, ending) == 0;
}

static int read_entry(const char *directory, const char *file, struct hearth_identity *ret_identity,
                      struct hearth_status *status)
{
	char path[PATH_MOST], expected[HEARTH_KEY_NAME_MOST + sizeof OLD_ENDING];
	bool old = ends_with(file, OLD_ENDING);

	if ((size_t)snprintf(path, sizeof path, "%s/%s", directory, file) >= sizeof path)
		return fail_file(status, file, "its path is too long");
	if (hearth_identity_read(path, ret_identity, status) != 0)
		return -1;
	/* The file's name says whose it is, so that nobody is there twice. */
	snprintf(expected, sizeof expected, "%s%s", ret_identity->name, old ? OLD_ENDING : PUBLIC_ENDING);
	if (strcmp(expected, file) != 0)
		return fail_file(status, path, "its name within is another");
	ret_identity->old = old;
	return 0;
}

int hearth_identities_scan(const char *directory, hearth_identity_found *found, hearth_identity_bad *bad, void *context,
                           struct hearth_status *status)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;
	struct stat about;

	if (!stream || fstat(dirfd(stream), &about) != 0) {
		if (stream)
			closedir(stream);
		return fail_file(status, directory, strerror(errno));
	}
	if (check_owner(directory, &about, S_IWGRP | S_IWOTH, status) != 0) {
		closedir(stream);
		return -1;
	}
	for (int i = 0; i < FILES_MOST && (entry = readdir(stream)); i++) {
		struct hearth_identity identity;
		struct hearth_status why = HEARTH_STATUS_INIT;

		if (!ends_with(entry->d_name, PUBLIC_ENDING))
			continue;
		if (read_entry(directory, entry->d_name, &identity, &why) == 0)
			found(context, &identity);
		else if (bad)
			bad(context, &why);
	}
	closedir(stream);
	return 0;
}
