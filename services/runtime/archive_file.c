/* archive_file.c: see archive_file.h. Compression is zlib's, in its gzip form, so that common tools read it. */
#include "archive_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>
#include <zlib.h>

#include <hearth/arena.h>

#define CHUNK 65536
#define WRITE_BACK INT64_C(1048576)     /* bytes after which the kernel begins to write, so that fsync has little left */

struct hearth_archive_file {
	char directory[PATH_MAX], path[PATH_MAX], part[PATH_MAX];
	int fd;
	bool finished, deflating;
	z_stream stream;
	crypto_hash_sha256_state hash;
	int64_t written, begun;             /* begun: up to where writing back was asked for */
	unsigned char chunk[CHUNK];
};

static int fail(struct hearth_status *status, const char *what, const char *path)
{
	int number = errno;
	return hearth_fail(status, HEARTH_UNAVAILABLE, number == ENOSPC ? "ARCHIVE_FULL" : "ARCHIVE_UNUSABLE", "%s %s: %s", what,
	                   path, strerror(number));
}

static int join(char ret_path[PATH_MAX], const char *directory, const char *name, const char *end,
                struct hearth_status *status)
{
	int length = snprintf(ret_path, PATH_MAX, "%s/%s%s", directory, name, end);
	if (length < 0 || length >= PATH_MAX)
		return hearth_fail_field(status, "archive", "the directory's name is too long");
	return 0;
}

/* The lock is on what the name stands for now, not on a file that was renamed meanwhile. */
static int lock_part(struct hearth_archive_file *file, struct hearth_status *status)
{
	struct stat held, named;
	file->fd = open(file->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file->fd < 0)
		return fail(status, "cannot make", file->part);
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0 || fstat(file->fd, &held) != 0 || stat(file->part, &named) != 0 ||
	    held.st_ino != named.st_ino || held.st_dev != named.st_dev) {
		close(file->fd);
		file->fd = -1;
		return hearth_fail(status, HEARTH_UNAVAILABLE, "ARCHIVE_BUSY", "another process writes %s", file->part);
	}
	return ftruncate(file->fd, 0) == 0 ? 0 : fail(status, "cannot empty", file->part);
}

static struct hearth_archive_file *open_file(const char *directory, const char *name, struct hearth_status *status)
{
	struct hearth_archive_file *file = hearth_alloc(sizeof *file);
	memset(file, 0, sizeof *file);
	file->fd = -1;
	crypto_hash_sha256_init(&file->hash);
	if (join(file->directory, directory, "", "", status) < 0 || join(file->path, directory, name, "", status) < 0 ||
	    join(file->part, directory, name, ".part", status) < 0 || lock_part(file, status) < 0)
		hearth_archive_file_free(&file);
	return file;
}

struct hearth_archive_file *hearth_archive_file_new(const char *directory, const char *name, struct hearth_status *status)
{
	struct hearth_archive_file *file = open_file(directory, name, status);
	if (file && deflateInit2(&file->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		hearth_fail(status, HEARTH_INTERNAL, "ARCHIVE_UNUSABLE", "zlib does not start");
		hearth_archive_file_free(&file);
	}
	if (file)
		file->deflating = true;
	return file;
}

static int write_bytes(struct hearth_archive_file *file, const unsigned char *bytes, size_t size, struct hearth_status *status)
{
	crypto_hash_sha256_update(&file->hash, bytes, size);
	while (size > 0) {
		ssize_t done = write(file->fd, bytes, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return fail(status, "cannot write", file->part);
		bytes += done;
		size -= (size_t)done;
		file->written += done;
	}
	if (file->written - file->begun >= WRITE_BACK) {
		sync_file_range(file->fd, file->begun, file->written - file->begun, SYNC_FILE_RANGE_WRITE);
		file->begun = file->written;
	}
	return 0;
}

static int deflate_all(struct hearth_archive_file *file, int flush, struct hearth_status *status)
{
	do {
		file->stream.next_out = file->chunk;
		file->stream.avail_out = CHUNK;
		deflate(&file->stream, flush);
		if (write_bytes(file, file->chunk, CHUNK - file->stream.avail_out, status) < 0)
			return -1;
	} while (file->stream.avail_out == 0);
	return 0;
}

int hearth_archive_file_add(struct hearth_archive_file *file, const void *bytes, size_t size, struct hearth_status *status)
{
	file->stream.next_in = (unsigned char *)bytes;
	file->stream.avail_in = (unsigned)size;
	return deflate_all(file, Z_NO_FLUSH, status);
}

static int sync_directory(const struct hearth_archive_file *file, struct hearth_status *status)
{
	int directory = open(file->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int outcome = directory >= 0 && fsync(directory) == 0 ? 0 : fail(status, "cannot make durable", file->directory);
	if (directory >= 0)
		close(directory);
	return outcome;
}

/* A file system without RENAME_NOREPLACE (NFS): other processes of ours are kept out by the lock of the part. */
static int give_name(const struct hearth_archive_file *file)
{
	struct stat there;
	if (renameat2(AT_FDCWD, file->part, AT_FDCWD, file->path, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (lstat(file->path, &there) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? rename(file->part, file->path) : -1;
}

static bool is_file_of(const char *path, const unsigned char wanted[crypto_hash_sha256_BYTES])
{
	unsigned char hash[crypto_hash_sha256_BYTES], chunk[4096];
	crypto_hash_sha256_state state;
	FILE *stream = fopen(path, "re");
	if (!stream)
		return false;
	crypto_hash_sha256_init(&state);
	for (size_t size; (size = fread(chunk, 1, sizeof chunk, stream)) > 0;)
		crypto_hash_sha256_update(&state, chunk, size);
	crypto_hash_sha256_final(&state, hash);
	bool same = !ferror(stream) && memcmp(hash, wanted, sizeof hash) == 0;
	fclose(stream);
	return same;
}

static int name_it(struct hearth_archive_file *file, char ret_hash[HEARTH_ARCHIVE_HASH_SIZE], struct hearth_status *status)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	if (fsync(file->fd) != 0)
		return fail(status, "cannot make durable", file->part);
	crypto_hash_sha256_final(&file->hash, hash);
	if (give_name(file) == 0)
		file->finished = true;
	else if (errno != EEXIST)
		return fail(status, "cannot name", file->path);
	else if (!is_file_of(file->path, hash))
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "ARCHIVE_EXISTS",
		                   "%s is there with another content; it is not replaced: find out what it is and move it away",
		                   file->path);
	sodium_bin2hex(ret_hash, HEARTH_ARCHIVE_HASH_SIZE, hash, sizeof hash);
	return sync_directory(file, status);
}

int hearth_archive_file_finish(struct hearth_archive_file *file, char ret_hash[HEARTH_ARCHIVE_HASH_SIZE],
                               struct hearth_status *status)
{
	file->stream.next_in = NULL;
	file->stream.avail_in = 0;
	return deflate_all(file, Z_FINISH, status) < 0 ? -1 : name_it(file, ret_hash, status);
}

void hearth_archive_file_free(struct hearth_archive_file **pointer)
{
	struct hearth_archive_file *file = *pointer;
	if (!file)
		return;
	if (file->fd >= 0 && !file->finished)
		unlink(file->part);
	if (file->fd >= 0)
		close(file->fd);
	if (file->deflating)
		deflateEnd(&file->stream);
	free(file);
	*pointer = NULL;
}

int hearth_archive_note(const char *directory, const char *name, const char *text, struct hearth_status *status)
{
	char hash[HEARTH_ARCHIVE_HASH_SIZE];
	struct hearth_archive_file *file = open_file(directory, name, status);
	if (!file)
		return -1;
	int outcome = write_bytes(file, (const unsigned char *)text, strlen(text), status);
	if (outcome == 0)
		outcome = name_it(file, hash, status);
	hearth_archive_file_free(&file);
	return outcome;
}
