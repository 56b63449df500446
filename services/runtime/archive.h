/* archive.h: partitions of the outbox written to a directory before they are trimmed. */
#ifndef HEARTH_ARCHIVE_H
#define HEARTH_ARCHIVE_H

#include "chores.h"

struct hearth_archive;

struct hearth_archive *hearth_archive_new(struct hearth_process *process, struct hearth_status *status);
void hearth_archive_free(struct hearth_archive **archive);
int hearth_archive_check(struct hearth_archive *archive, struct hearth_status *status);
/* Must a partition be in the archive before it is trimmed? */
bool hearth_archive_wanted(const struct hearth_process *process);

extern const struct hearth_chore hearth_archive_chores[];

#endif
