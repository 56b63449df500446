/* outbox.h: the owner's side of events: partitions made ahead, trimming, and who hears.
 *
 * The rule of trimming. A partition is dropped as a whole, the oldest first, when nothing more comes into it, its newest
 * event is older than `outbox-retention`, and every consumer that has been heard within `outbox-retention` has applied
 * its last event. Of a service marked `archived` it must also be in the archive. So a consumer that is heard is never
 * trimmed past, however slow it is; one that has been silent for longer than the retention is.
 */
#ifndef HEARTH_OUTBOX_H
#define HEARTH_OUTBOX_H

#include <stdint.h>

#include <hearth/service.h>
#include <hearth/text.h>

#include "chores.h"

struct hearth_process;
struct Hearth__Events__V1__PullRequest;

#define HEARTH_HEARD_MOST 64
#define HEARTH_CONSUMER_SIZE 33

/* A consumer of this service's events. */
struct hearth_heard {
	char consumer[HEARTH_CONSUMER_SIZE], epoch[HEARTH_UUID_SIZE];
	int64_t applied, seen_us;                       /* domain time */
	int64_t written_applied, written_us;            /* as table consumer_seen has it */
};

/* What this process knows of its service's outbox; -1 or "" before the first look. */
struct hearth_outbox {
	struct hearth_heard heard[HEARTH_HEARD_MOST];
	size_t heard_count;
	int64_t partitions, ahead, stray, trimmed;      /* stray: events that no partition was made for */
	char held[128];                                 /* why nothing is trimmed though it could be */
};

void hearth_outbox_init(struct hearth_outbox *outbox);
/* A pull that names its consumer. Remembered here, written by a chore. */
int hearth_outbox_hear(struct hearth_process *process, const struct Hearth__Events__V1__PullRequest *request,
                       struct hearth_status *status);
/* Binds :before, the age from which events may be trimmed; 1: events are kept for ever. */
int hearth_outbox_bind_before(struct hearth_call *call, struct hearth_status *status);
void hearth_outbox_metrics(struct hearth_process *process);

extern const struct hearth_chore hearth_outbox_chores[];

#endif
