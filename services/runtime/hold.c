/* hold.c: session advisory locks on the write connection, asked for between groups until held. */
#include "db_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>

#define ASK_EVERY 1000000

void hearth_writer_hold(struct hearth_writer *writer, const char *name, void (*held)(void *context, bool held),
                        void *context)
{
	struct hearth_hold *hold = hearth_alloc(sizeof *hold);
	size_t size = strlen(writer->db->service) + strlen(name) + 16;
	*hold = (struct hearth_hold){ .held = held, .context = context, .due = true, .next = writer->holds };
	hold->name = hearth_alloc(size);
	snprintf(hold->name, size, "hearth:hold:%s:%s", writer->db->service, name);
	writer->holds = hold;
	hearth_db_wake(writer->db);
}

bool hearth_writer_ask(struct hearth_writer *writer)
{
	for (struct hearth_hold *hold = writer->holds; hold; hold = hold->next) {
		if (hold->has || !hold->due)
			continue;
		const char *values[1] = { hold->name };
		hold->due = false;
		writer->asking = hold;
		writer->state = HEARTH_GROUP_HOLDING;
		hearth_connection_send(&writer->connection, "hearth.hold", 1, values, strlen(hold->name));
		hearth_connection_sync(&writer->connection);
		hearth_connection_settle(&writer->connection);
		return true;
	}
	return false;
}

void hearth_writer_asked(struct hearth_writer *writer, const PGresult *result)
{
	struct hearth_hold *hold = writer->asking;
	writer->asking = NULL;
	if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 && *PQgetvalue(result, 0, 0) == 't') {
		hold->has = true;
		hold->held(hold->context, true);
	} else {
		hearth_alarm_set(writer->hold_alarm, ASK_EVERY);
	}
}

void hearth_writer_lose_holds(struct hearth_writer *writer)
{
	writer->asking = NULL;
	for (struct hearth_hold *hold = writer->holds; hold; hold = hold->next) {
		bool had = hold->has;
		hold->has = false;
		hold->due = true;
		if (had)
			hold->held(hold->context, false);
	}
}

void hearth_writer_free_holds(struct hearth_writer *writer)
{
	while (writer->holds) {
		struct hearth_hold *hold = writer->holds;
		writer->holds = hold->next;
		free(hold->name);
		free(hold);
	}
}
