/* consumer_cursor.c: where the service stands with a source: its cursor, the keys that lie parked, and a snapshot that
 * was begun. Read when the turn comes, and whenever it is not known whether a batch was committed. */
#include "consumer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/text.h>

static const char *text_of(const PGresult *result, const char *column)
{
	int number = PQfnumber(result, column);
	return PQgetisnull(result, 0, number) ? "" : PQgetvalue(result, 0, number);
}

static void take_bootstrap(struct hearth_consumer *consumer, const PGresult *result)
{
	const char *state = text_of(result, "state");
	consumer->boot_wanted = strcmp(state, "WANTED") == 0;
	consumer->loading = strcmp(state, "LOADING") == 0;
	consumer->catching_up = strcmp(state, "CATCHING_UP") == 0;
	snprintf(consumer->boot_epoch, sizeof consumer->boot_epoch, "%s", text_of(result, "boot_epoch"));
	consumer->boot_seq = strtoll(text_of(result, "boot_seq"), NULL, 10);
	consumer->boot_until = strtoll(text_of(result, "until"), NULL, 10);
	free(consumer->boot_after);
	consumer->boot_after = hearth_strdup(text_of(result, "after"));
}

static void cursor_loaded(struct hearth_read *read, const PGresult *result, const struct hearth_status *status)
{
	struct hearth_consumer *consumer = read->context;
	(void)status;
	if (!result) {
		hearth_consumer_wait(consumer, HEARTH_CONSUMER_RETRY_US);
		return;
	}
	snprintf(consumer->epoch, sizeof consumer->epoch, "%s", text_of(result, "epoch"));
	consumer->has_cursor = consumer->epoch[0] != '\0';
	consumer->seq = strtoll(text_of(result, "seq"), NULL, 10);
	hearth_consumer_keys_set(consumer, text_of(result, "keys"));
	take_bootstrap(consumer, result);
	consumer->known = true;
	hearth_consumer_step(consumer);
}

void hearth_consumer_load(struct hearth_consumer *consumer)
{
	hearth_consumer_forget_ahead(consumer);
	hearth_arena_reset(consumer->arena);
	hearth_consumer_bind(consumer);
	hearth_consumer_send_read(consumer, CONSUMER_GET_CURSOR, cursor_loaded);
}
