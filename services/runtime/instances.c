/* instances.c: where the processes of a service are: addresses, and the files of an ipc directory.
 *
 * Promises: a living instance's files are never removed by another process (its flock says that it lives), a dead
 * one's are removed by whoever looks next. Names that are not <service>-<uuid>.<ending> are never touched.
 */
#include "instances.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "resolver.h"

#define ENDING_SIZE 5            /* ".sock", ".lock", ".hint" */
#define SCANNED_MOST 4096        /* names looked at in one directory */

/* ---- addresses ---- */

static int bad_address(struct hearth_status *status, const char *text, const char *why)
{
	return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "BAD_ADDRESS", "address \"%.100s\" %s", text, why);
}

static bool good_port(const char *port, bool listening)
{
	char *end;
	long value;

	if (strcmp(port, "*") == 0)
		return listening;
	if (*port < '0' || *port > '9')
		return false;
	value = strtol(port, &end, 10);
	return *end == '\0' && value >= 1 && value <= 65535;
}

/* [::1]: whether it is an address is for libzmq to say; here only what it is made of. */
static bool good_bracketed(const char *host, size_t size)
{
	return size > 2 && host[size - 1] == ']' && strspn(host + 1, "0123456789abcdefABCDEF:.") == size - 2;
}

static bool good_host(const char *host, size_t size, bool listening)
{
	if (size == 1 && *host == '*')
		return listening;
	if (*host == '[')
		return good_bracketed(host, size);
	for (size_t i = 0; i < size; i++) {
		char c = host[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
		      c == '_'))
			return false;
	}
	return size > 0;
}

static int parse_tcp(const char *text, bool listening, struct hearth_address *address, struct hearth_status *status)
{
	const char *colon = strrchr(text, ':');

	if (!colon || !good_host(text, (size_t)(colon - text), listening))
		return bad_address(status, text, "must be tcp://host:port, the host a name, an IPv4 address or [an IPv6 one]");
	if (!good_port(colon + 1, listening))
		return bad_address(status, text, listening ? "needs a port from 1 to 65535, or *" : "needs a port from 1 to 65535");
	*address = (struct hearth_address){ .ipc = false };
	snprintf(address->text, sizeof address->text, "tcp://%.*s", (int)(sizeof address->text - 7), text);
	return 0;
}

static int parse_dns(const char *text, bool listening, struct hearth_address *address, struct hearth_status *status)
{
	const char *colon = strrchr(text, ':');

	if (listening)
		return bad_address(status, text, "is where others are found; to listen say tcp://host:port");
	if (!colon || *text == '[' || colon - text > HEARTH_HOST_MOST || !good_host(text, (size_t)(colon - text), false))
		return bad_address(status, text, "must be dns://name:port");
	if (!good_port(colon + 1, false))
		return bad_address(status, text, "needs a port from 1 to 65535");
	*address = (struct hearth_address){ .dns = true };
	memcpy(address->text, text, (size_t)(colon - text));
	snprintf(address->port, sizeof address->port, "%d", (int)strtol(colon + 1, NULL, 10));
	return 0;
}

static int parse_ipc(const char *text, struct hearth_address *address, struct hearth_status *status)
{
	size_t size = strlen(text);

	while (size > 1 && text[size - 1] == '/')
		size--;
	if (size == 0)
		return bad_address(status, "ipc://", "names no directory");
	/* Where a process happens to be started is no place to find it. */
	if (*text != '/')
		return bad_address(status, text, "must be ipc:///an/absolute/directory");
	*address = (struct hearth_address){ .ipc = true };
	memcpy(address->text, text, size);
	return 0;
}

/* `before`: the part before it in the list, or NULL. */
static int parse_one(const char *text, bool listening, const struct hearth_address *before, struct hearth_address *address,
                     struct hearth_status *status)
{
	if (strlen(text) >= sizeof address->text - 8)
		return bad_address(status, text, "is too long");
	if (strncmp(text, "ipc://", 6) == 0)
		return parse_ipc(text + 6, address, status);
	if (strncmp(text, "tcp://", 6) == 0)
		return parse_tcp(text + 6, listening, address, status);
	if (strncmp(text, "dns://", 6) == 0)
		return parse_dns(text + 6, listening, address, status);
	if (before && before->dns)
		return parse_dns(text, listening, address, status);
	if (before && !before->ipc)
		return parse_tcp(text, listening, address, status);
	return bad_address(status, text, listening ? "must begin with ipc:// or tcp://" : "must begin with ipc://, tcp:// or dns://");
}

int hearth_addresses_parse(const char *text, bool listening, struct hearth_address ret_addresses[HEARTH_ADDRESSES_MOST],
                           size_t *ret_count, struct hearth_status *status)
{
	struct hearth_address addresses[HEARTH_ADDRESSES_MOST];
	size_t count = 0;

	for (const char *at = text; at; ) {
		const char *comma = strchr(at, ',');
		size_t size = comma ? (size_t)(comma - at) : strlen(at);
		char one[512];

		if (count == HEARTH_ADDRESSES_MOST)
			return bad_address(status, text, "has more than 16 parts");
		if (size >= sizeof one)
			return bad_address(status, text, "is too long");
		memcpy(one, at, size);
		one[size] = '\0';
		if (parse_one(one, listening, count > 0 ? &addresses[count - 1] : NULL, &addresses[count], status))
			return -1;
		count++;
		at = comma ? comma + 1 : NULL;
	}
	memcpy(ret_addresses, addresses, count * sizeof addresses[0]);
	*ret_count = count;
	return 0;
}

/* ---- files ---- */

static void file_path(char *path, size_t size, const char *base, const char *ending)
{
	snprintf(path, size, "%s%s", base, ending);
}

static int make_directory(const char *directory, struct hearth_status *status)
{
	struct stat about;

	if (mkdir(directory, 0700) && errno != EEXIST)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "SOCKET_DIRECTORY",
		                   "cannot make the socket directory %.150s: %s", directory, strerror(errno));
	if (stat(directory, &about) || !S_ISDIR(about.st_mode))
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "SOCKET_DIRECTORY",
		                   "%.150s, where the sockets should go, is no directory", directory);
	if (about.st_mode & (S_IWGRP | S_IWOTH))
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "SOCKET_DIRECTORY",
		                   "the socket directory %.150s can be written by others: make it 0700", directory);
	if (about.st_uid != geteuid() && about.st_uid != 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "SOCKET_DIRECTORY",
		                   "the socket directory %.150s belongs to another user, who could put another's sockets there", directory);
	return 0;
}

/* A scanner may have taken the file for a dead one's between its making and its locking, and removed it. */
static bool still_there(int lock, const char *path)
{
	struct stat ours, theirs;

	return fstat(lock, &ours) == 0 && stat(path, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
	       ours.st_dev == theirs.st_dev;
}

static int lock_file(const char *path)
{
	for (int i = 0; i < 100; i++) {
		int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

		if (lock < 0)
			return -1;
		if (flock(lock, LOCK_EX) == 0 && still_there(lock, path))
			return lock;
		close(lock);
	}
	errno = EAGAIN;
	return -1;
}

int hearth_instance_claim(const char *directory, const char *service, const struct hearth_uuid *instance,
                          struct hearth_instance_files *ret_files, struct hearth_status *status)
{
	struct hearth_instance_files files;
	char uuid[HEARTH_UUID_SIZE], lock[HEARTH_SOCKET_PATH_MOST + ENDING_SIZE + 1];
	size_t size = strlen(directory) + 1 + strlen(service) + 1 + HEARTH_UUID_SIZE - 1 + ENDING_SIZE;

	hearth_uuid_format(instance, uuid);
	if (size > HEARTH_SOCKET_PATH_MOST)
		return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "SOCKET_PATH_TOO_LONG",
		                   "socket path %.150s/%.40s-%s.sock has %zu bytes, the system allows %d: use a shorter directory",
		                   directory, service, uuid, size, HEARTH_SOCKET_PATH_MOST);
	if (make_directory(directory, status))
		return -1;
	snprintf(files.path, sizeof files.path, "%s/%s-%s", directory, service, uuid);
	file_path(lock, sizeof lock, files.path, ".lock");
	files.lock = lock_file(lock);
	if (files.lock < 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "SOCKET_LOCK", "cannot lock %.150s: %s", lock,
		                   strerror(errno));
	*ret_files = files;
	return 0;
}

/* The lock goes last: until then nobody else takes the files for theirs. */
static void remove_files(const char *base)
{
	static const char *const endings[] = { ".sock", ".hint", ".lock" };
	char path[512];

	for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
		file_path(path, sizeof path, base, endings[i]);
		unlink(path);
	}
}

void hearth_instance_release(struct hearth_instance_files *files)
{
	if (files->lock < 0)
		return;
	remove_files(files->path);
	close(files->lock);
	files->lock = -1;
}

/* ---- looking ---- */

/* Whether `name` is <service>-<uuid><ending>. */
static bool is_instance_name(const char *name, const char *service, const char *ending)
{
	size_t prefix = strlen(service), size = strlen(name);
	struct hearth_uuid uuid;
	char text[HEARTH_UUID_SIZE];

	if (size != prefix + 1 + HEARTH_UUID_SIZE - 1 + ENDING_SIZE || memcmp(name, service, prefix) != 0 || name[prefix] != '-')
		return false;
	if (strcmp(name + size - ENDING_SIZE, ending) != 0)
		return false;
	memcpy(text, name + prefix + 1, HEARTH_UUID_SIZE - 1);
	text[HEARTH_UUID_SIZE - 1] = '\0';
	return hearth_uuid_parse(text, &uuid) == 0;
}

/* Whether a process holds the lock; removes the files when nobody does. */
static bool lives(const char *base)
{
	char path[512];
	int lock;

	file_path(path, sizeof path, base, ".lock");
	lock = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (lock < 0) {
		if (errno != ENOENT)
			return true;       /* another's, or we are short of descriptors: not ours to judge */
		remove_files(base);        /* a socket without its lock: half removed */
		return false;
	}
	if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
		if (still_there(lock, path))
			remove_files(base);
		close(lock);
		return false;
	}
	close(lock);
	return true;
}

static void look_at(const char *directory, const char *name, hearth_instance_found *found, void *context)
{
	char base[HEARTH_ENDPOINT_SIZE - 12], endpoint[HEARTH_ENDPOINT_SIZE];
	int size = snprintf(base, sizeof base, "%s/%.*s", directory, (int)(strlen(name) - ENDING_SIZE), name);

	if (size < 0 || (size_t)size >= sizeof base || !lives(base) || strcmp(name + strlen(name) - ENDING_SIZE, ".sock") != 0)
		return;
	snprintf(endpoint, sizeof endpoint, "ipc://%s.sock", base);
	found(context, endpoint);
}

void hearth_instances_scan(const char *directory, const char *service, hearth_instance_found *found, void *context)
{
	DIR *stream = opendir(directory);
	struct dirent *entry;

	if (!stream)
		return;
	for (int i = 0; i < SCANNED_MOST && (entry = readdir(stream)); i++)
		if (is_instance_name(entry->d_name, service, ".sock") || is_instance_name(entry->d_name, service, ".lock"))
			look_at(directory, entry->d_name, found, context);
	closedir(stream);
}
