/* migrate_history.c: a service's history is renewed, and its consumers go on in the new one.
 *
 * A consumer's cursor is (epoch, seq): how far it has applied that history of its source. After a restore, a move or a
 * lossy failover the source's outbox is a copy (its view `history` shows a foreign epoch, so consumers have stopped)
 * and only an operator can say that it is now the true one. What must hold before consumers go on:
 *
 *   - the cursor belongs to the history that was copied (its epoch is the old one, or the copy's own);
 *   - everything that the consumer has applied is in the copy: seq <= END, the newest seq of the outbox.
 *
 * Then (new epoch, the same seq) is right: events up to seq were applied before, those after it come next, so nothing is
 * lost and nothing happens twice. A cursor past END has applied events that no longer exist, and new events will get
 * their numbers: that is refused. With --accept-loss the cursor goes back to END and the consumer keeps what it learnt
 * from the lost events, which their owner no longer knows; the report counts it.
 *
 * Consumers in the same database move in the transaction that renews the epoch. Those in other clusters are moved by
 * --follow-history SOURCE=NEW,OLD,END, which --new-history prints: it carries what the two conditions need. The source's
 * own services should be stopped until its history is renewed: what they write to a copy before moves END.
 */
#include <stdlib.h>
#include <string.h>

#include "migrate.h"

struct history {
	const char *source;
	const char *fresh;               /* new epoch */
	const char *old;                 /* epoch that the copy was made of */
	const char *shown;               /* epoch that the copy showed */
	long long end;                   /* newest seq */
	json_t *consumers;
};

static void note_consumer(struct history *history, const char *service, const char *seq, long long lost)
{
	json_array_append_new(history->consumers, json_pack("{s:s, s:s, s:I}", "service", service, "seq", seq, "lost",
	                                                    (json_int_t)lost));
}

static int set_cursor(struct migrate *run, const struct history *history, const char *seq, struct hearth_status *status)
{
	PGresult *result;
	if (migrate_query(run, &result, status, "UPDATE cursor SET epoch = $1::uuid, seq = $2::bigint WHERE source = $3",
	                  history->fresh, seq, history->source, NULL) != 0)
		return -1;
	PQclear(result);
	return 0;
}

/* As the consumer's owner, inside a transaction. */
static int move_cursor(struct migrate *run, struct history *history, const char *consumer, struct hearth_status *status)
{
	PGresult *result;
	if (migrate_query(run, &result, status, "SELECT epoch, seq FROM cursor WHERE source = $1 FOR UPDATE",
	                  history->source, NULL) != 0)
		return -1;
	bool none = PQntuples(result) == 0;
	const char *epoch = none ? "" : hearth_arena_strdup(run->arena, PQgetvalue(result, 0, 0));
	const char *seq = none ? "" : hearth_arena_strdup(run->arena, PQgetvalue(result, 0, 1));
	PQclear(result);
	if (none || strcmp(epoch, history->fresh) == 0)
		return 0;
	if (strcmp(epoch, history->old) != 0 && strcmp(epoch, history->shown) != 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "OTHER_HISTORY",
		                   "%s follows history %s of %s, which is not the one renewed (%s): it has missed an earlier "
		                   "renewal; give it that one first with --follow-history", consumer, epoch, history->source,
		                   history->old);
	long long lost = strtoll(seq, NULL, 10) - history->end;
	if (lost > 0 && !run->accept_loss)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "EVENTS_LOST",
		                   "%s has applied events of %s up to %s, but its history now ends at %lld: they no longer "
		                   "exist. Restore a newer copy, or go on without them with --accept-loss", consumer,
		                   history->source, seq, history->end);
	if (lost > 0)
		seq = hearth_arena_printf(run->arena, "%lld", history->end);
	if (set_cursor(run, history, seq, status) != 0)
		return -1;
	note_consumer(history, consumer, seq, lost > 0 ? lost : 0);
	return 0;
}

/* Every consumer that has its schema in this database. */
static int move_cursors(struct migrate *run, struct history *history, struct hearth_status *status)
{
	for (const struct cli_service *service = cli_services; service->name != NULL; service++) {
		const char *there;
		if (migrate_ask(run, &there, status, "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
		                "WHERE n.nspname = $1 AND c.relname = 'cursor'", service->name, NULL) != 0)
			return -1;
		if (there[0] == '\0')
			continue;
		if (migrate_become(run, service->name, status) != 0 ||
		    move_cursor(run, history, service->name, status) != 0)
			return -1;
	}
	return 0;
}

static int renew(struct migrate *run, void *context, struct hearth_status *status)
{
	struct history *history = context;
	PGresult *result;
	json_array_clear(history->consumers);
	if (migrate_become(run, history->source, status) != 0 ||
	    migrate_query(run, &result, status,
	                  "SELECT k.epoch, h.epoch, gen_random_uuid(), (SELECT greatest((SELECT max(seq) FROM outbox), through) "
	                  "FROM outbox_trimmed) FROM history_kept k, history h FOR UPDATE OF k", NULL) != 0)
		return -1;
	history->old = hearth_arena_strdup(run->arena, PQgetvalue(result, 0, 0));
	history->shown = hearth_arena_strdup(run->arena, PQgetvalue(result, 0, 1));
	history->fresh = hearth_arena_strdup(run->arena, PQgetvalue(result, 0, 2));
	history->end = strtoll(PQgetvalue(result, 0, 3), NULL, 10);
	PQclear(result);
	if (migrate_query(run, &result, status, "UPDATE history_kept SET epoch = $1::uuid, place = "
	                  "history_place('history_kept'::regclass)", history->fresh, NULL) != 0)
		return -1;
	PQclear(result);
	return move_cursors(run, history, status);
}

static int follow(struct migrate *run, void *context, struct hearth_status *status)
{
	struct history *history = context;
	json_array_clear(history->consumers);
	return move_cursors(run, history, status);
}

static void report(struct migrate *run, const struct history *history)
{
	const char *value = hearth_arena_printf(run->arena, "%s=%s,%s,%lld", history->source, history->fresh, history->old,
	                                        history->end);
	json_array_append_new(run->histories,
	                      json_pack("{s:s, s:s, s:s, s:I, s:O, s:s}", "service", history->source, "epoch", history->fresh,
	                                "formerEpoch", history->old, "end", (json_int_t)history->end, "consumers",
	                                history->consumers, "follow", value));
}

int migrate_new_history(struct migrate *run, const struct cli_service *service, struct hearth_status *status)
{
	struct history history = {.source = service->name, .consumers = json_array()};
	int outcome = migrate_transaction(run, renew, &history, status);
	if (outcome == 0)
		report(run, &history);
	json_decref(history.consumers);
	return outcome == 0 ? 0 : hearth_fail_context(status, "new history of %s", service->name);
}

static int parse_follow(struct migrate *run, const char *value, struct history *ret_history, struct hearth_status *status)
{
	struct hearth_uuid uuid;
	char *save = NULL, *end = NULL;
	const char *parts[4] = {NULL};
	char *text = hearth_arena_strdup(run->arena, value);
	size_t count = 0;
	for (char *part = strtok_r(text, "=,", &save); part != NULL && count < 4; part = strtok_r(NULL, "=,", &save))
		parts[count++] = part;
	if (count != 4 || cli_service_find(parts[0]) == NULL || hearth_uuid_parse(parts[1], &uuid) != 0 ||
	    hearth_uuid_parse(parts[2], &uuid) != 0)
		return hearth_fail_field(status, "follow-history", "\"%s\" is not SERVICE=NEW,OLD,END; give it as --new-history "
		                         "printed it", value);
	ret_history->source = parts[0];
	ret_history->fresh = parts[1];
	ret_history->old = ret_history->shown = parts[2];
	ret_history->end = strtoll(parts[3], &end, 10);
	if (*end != '\0' || ret_history->end < 0)
		return hearth_fail_field(status, "follow-history", "\"%s\" is no seq; give what --new-history printed", parts[3]);
	return 0;
}

int migrate_follow_history(struct migrate *run, const char *value, struct hearth_status *status)
{
	struct history history = {.consumers = json_array()};
	int outcome = parse_follow(run, value, &history, status);
	if (outcome == 0)
		outcome = migrate_transaction(run, follow, &history, status);
	if (outcome == 0)
		report(run, &history);
	json_decref(history.consumers);
	return outcome;
}
