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
	bool proven;                                    /* by the key of the service of that name */
	int64_t written_applied, written_us;            /* as table consumer_seen has it */
};

/* What this process knows of its service's outbox; -1 or "" before the first look. */
struct hearth_outbox {
	struct hearth_heard heard[HEARTH_HEARD_MOST];
	size_t heard_count;
	int64_t partitions, ahead, stray, trimmed;      /* stray: events that no partition was made for */
	char held[128];                                 /* why nothing is trimmed though it could be */
	bool full_said;                                 /* that a consumer is not remembered has been logged */
};

void hearth_outbox_init(struct hearth_outbox *outbox);
/* May this call name that consumer? A service's key names itself alone; whoever is believed whom they name, any. */
int hearth_outbox_check_consumer(const struct hearth_call *call, const char *consumer, struct hearth_status *status);
/* A pull that names its consumer, of this history and not past its end: the caller has looked. Remembered here, written
 * by a chore. When HEARTH_HEARD_MOST are remembered, one that is proven takes the place of one that is not; else nobody is
 * put out, and the pull is answered without its consumer being remembered. */
void hearth_outbox_hear(struct hearth_process *process, const struct Hearth__Events__V1__PullRequest *request, bool proven);
/* Binds :before, the age from which events may be trimmed; 1: events are kept for ever. */
int hearth_outbox_bind_before(struct hearth_call *call, struct hearth_status *status);
void hearth_outbox_metrics(struct hearth_process *process);

extern const struct hearth_chore hearth_outbox_chores[];

#endif
