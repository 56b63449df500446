/* archive_file.h: a compressed file that is there whole and durable, or not at all.
 *
 * It is written as NAME.part, which is locked, so that two processes of one directory do not write it at once; what a
 * dead one left is written over. A file of that name with other bytes is never replaced: ARCHIVE_EXISTS; one with the same
 * was written before a crash. `finish` makes it durable (file, then directory) before and after it gets its name.
 */
#ifndef HEARTH_ARCHIVE_FILE_H
#define HEARTH_ARCHIVE_FILE_H

#include <stddef.h>

#include <hearth/status.h>

#define HEARTH_ARCHIVE_HASH_SIZE 65     /* SHA-256 in hexadecimal, with its NUL */

struct hearth_archive_file;

/* NULL with a status; reason ARCHIVE_BUSY: another process writes it. */
struct hearth_archive_file *hearth_archive_file_new(const char *directory, const char *name, struct hearth_status *status);
int hearth_archive_file_add(struct hearth_archive_file *file, const void *bytes, size_t size, struct hearth_status *status);
/* The hash is that of the compressed file. */
int hearth_archive_file_finish(struct hearth_archive_file *file, char ret_hash[HEARTH_ARCHIVE_HASH_SIZE],
                               struct hearth_status *status);
/* What was not finished is removed. */
void hearth_archive_file_free(struct hearth_archive_file **file);
/* A small text in the same way, not compressed. */
int hearth_archive_note(const char *directory, const char *name, const char *text, struct hearth_status *status);

#endif
