/* checker_places.c: was a place ever sold twice? Every event about a place, in order, on homes that start empty.
 *
 * A home holds at most its places; a child beyond them is an excess, which its event says. Whoever is held or comes in
 * while children live there beyond the places has taken a place that was not there.
 */
#include <stdlib.h>
#include <string.h>

#include <hearth/text.h>

#include "checker_parts.h"

enum place_state { HELD, CONFIRMED, EXCESS, RELEASED };
static const char *const state_names[] = { "HELD", "CONFIRMED", "CONFIRMED", "RELEASED" };

struct hold {
	char id[HEARTH_UUID_SIZE], home_id[HEARTH_UUID_SIZE];
	enum place_state state;
};

struct replay {
	struct hold *holds;
	size_t count;
	struct checker_report *report;
};

static struct hold *hold_of(struct replay *replay, const char *id)
{
	for (size_t i = replay->count; i-- > 0;)
		if (strcmp(replay->holds[i].id, id) == 0)
			return &replay->holds[i];
	return NULL;
}

static int used(const struct replay *replay, const char *home_id, bool with_excess)
{
	int count = 0;
	for (size_t i = 0; i < replay->count; i++)
		if (strcmp(replay->holds[i].home_id, home_id) == 0 && replay->holds[i].state != RELEASED &&
		    (with_excess || replay->holds[i].state != EXCESS))
			count++;
	return count;
}

static void add(struct replay *replay, const char *id, const char *home_id, enum place_state state)
{
	struct hold *hold = &replay->holds[replay->count++];
	hearth_text_copy(hold->id, sizeof hold->id, id);
	hearth_text_copy(hold->home_id, sizeof hold->home_id, home_id);
	hold->state = state;
}

/* A place is taken: were all in use? */
static void take(struct replay *replay, const char *seq, const char *id, const char *home_id, int places,
                 enum place_state state)
{
	int before = used(replay, home_id, true);
	if (before >= places)
		checker_say(replay->report, "places over time: at seq %s hold %s takes a place of home %s, which has %d and %d in use",
		            seq, id, home_id, places, before);
	add(replay, id, home_id, state);
}

static void confirm(struct replay *replay, const char *seq, const char *id, const char *home_id, int places)
{
	struct hold *hold = hold_of(replay, id);
	if (hold == NULL)
		take(replay, seq, id, home_id, places, CONFIRMED);
	else if (hold->state == HELD)
		hold->state = CONFIRMED;
	else
		checker_say(replay->report, "places over time: at seq %s hold %s is confirmed and was %s", seq, id,
		            state_names[hold->state]);
}

static void exceed(struct replay *replay, const char *seq, const char *id, const char *home_id, int places, int occupied)
{
	int before = used(replay, home_id, true);
	if (hold_of(replay, id) != NULL)
		checker_say(replay->report, "places over time: at seq %s hold %s becomes an excess and was there", seq, id);
	if (before < places)
		checker_say(replay->report, "places over time: at seq %s home %s is told over capacity with %d of %d places in use",
		            seq, home_id, before, places);
	if (occupied != before + 1)
		checker_say(replay->report, "places over time: at seq %s home %s is told to hold %d and holds %d", seq, home_id,
		            occupied, before + 1);
	add(replay, id, home_id, EXCESS);
}

static void release(struct replay *replay, const char *seq, const char *id)
{
	struct hold *hold = hold_of(replay, id);
	if (hold == NULL || hold->state == RELEASED)
		checker_say(replay->report, "places over time: at seq %s hold %s is released and was %s", seq, id,
		            hold == NULL ? "not there" : "released before");
	else
		hold->state = RELEASED;
}

static void replay_event(struct replay *replay, PGresult *events, int i)
{
	const char *seq = PQgetvalue(events, i, 0), *type = PQgetvalue(events, i, 1), *id = PQgetvalue(events, i, 2);
	const char *home_id = PQgetvalue(events, i, 3);
	int places = (int)strtol(PQgetvalue(events, i, 4), NULL, 10), occupied = (int)strtol(PQgetvalue(events, i, 5), NULL, 10);
	if (strcmp(type, "hearth.place.held.v1") == 0)
		take(replay, seq, id, home_id, places, HELD);
	else if (strcmp(type, "hearth.place.confirmed.v1") == 0)
		confirm(replay, seq, id, home_id, places);
	else if (strcmp(type, "hearth.home.over_capacity.v1") == 0)
		exceed(replay, seq, id, home_id, places, occupied);
	else
		release(replay, seq, id);
}

/* Does the table end where the events end? */
static int compare(PGconn *db, struct replay *replay)
{
	PGresult *rows = checker_read(db, "SELECT h.id, h.state, h.excess FROM providers.hold h");
	if (rows == NULL)
		return -1;
	for (int i = 0; i < PQntuples(rows); i++) {
		const struct hold *hold = hold_of(replay, PQgetvalue(rows, i, 0));
		bool excess = PQgetvalue(rows, i, 2)[0] == 't';
		if (hold == NULL || strcmp(PQgetvalue(rows, i, 1), state_names[hold->state]) != 0 ||
		    (hold->state != RELEASED && excess != (hold->state == EXCESS)))
			checker_say(replay->report, "places over time: hold %s is %s%s and was told as %s", PQgetvalue(rows, i, 0),
			            PQgetvalue(rows, i, 1), excess ? " (excess)" : "", hold == NULL ? "nothing" : state_names[hold->state]);
	}
	PQclear(rows);
	return 0;
}

int checker_places(PGconn *db, struct checker_report *report)
{
	PGresult *events = checker_read(db,
		"SELECT o.seq, o.type, o.aggregateid, o.payload ->> 'homeId', h.places, o.payload ->> 'occupied'"
		" FROM providers.outbox o LEFT JOIN providers.home h ON h.id::text = o.payload ->> 'homeId'"
		" WHERE o.type IN ('hearth.place.held.v1', 'hearth.place.confirmed.v1', 'hearth.place.released.v1',"
		"  'hearth.home.over_capacity.v1') ORDER BY o.seq");
	if (events == NULL)
		return -1;
	struct replay replay = { .report = report };
	replay.holds = calloc((size_t)PQntuples(events) + 1, sizeof *replay.holds);
	if (replay.holds == NULL)
		abort();
	for (int i = 0; i < PQntuples(events); i++)
		replay_event(&replay, events, i);
	int outcome = compare(db, &replay);
	free(replay.holds);
	PQclear(events);
	return outcome;
}
