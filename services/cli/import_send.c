/* import_send.c: fetches the code lists and sends children with their episodes to placements, some hundred at a time,
 * two requests on their way at once. */
#include "import.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/text.h>

#define CHILDREN_MOST 500              /* of a request; fewer when the service does not get through them in time */
#define EPISODES_MOST 2000             /* of a request, as the service takes them */
#define EPISODES_PER_CHILD 4           /* past so many for each of its children no further child is added */
#define IN_FLIGHT 2                    /* requests: one is read and answered while the database has the other */
#define APART_MS 10                    /* the second after the first: together they would be one transaction */
#define TRIES_ALONE 3                  /* of a single child that the service did not get through in time */
#define AGAIN_MOST 32
#define CODES_MOST 10000

typedef Hearth__Placements__V1__ListCodesRequest list_codes_request;
typedef Hearth__Placements__V1__ListCodesResponse list_codes_response;
typedef Hearth__Placements__V1__ImportEpisodesResponse import_response;

static void take_code(struct import *import, const Hearth__Placements__V1__Code *code)
{
	if (strlen(code->code) >= SSDA903_CODE_SIZE || import->code_count == CODES_MOST)
		return;
	import->code_items = hearth_realloc(import->code_items, (import->code_count + 1) * sizeof(*import->code_items));
	struct ssda903_code *item = &import->code_items[import->code_count++];
	*item = (struct ssda903_code){ .from = code->valid_from, .to = code->valid_to };
	hearth_text_copy(item->set, sizeof(item->set), code->set);
	hearth_text_copy(item->code, sizeof(item->code), code->code);
}

int import_fetch_codes(struct import *import, struct hearth_status *status)
{
	const char *token = "";
	do {
		list_codes_request request;
		hearth__placements__v1__list_codes_request__init(&request);
		request.page_size = 500;
		request.page_token = (char *)token;
		ProtobufCMessage *message;
		if (cli_call(import->cli, "hearth.placements.v1.Placements/ListCodes", &request.base,
		             &hearth__placements__v1__list_codes_response__descriptor, NULL, import->cli->arena, &message, NULL,
		             status) != 0)
			return -1;
		const list_codes_response *reply = (const list_codes_response *)message;
		for (size_t i = 0; i < reply->n_codes; i++)
			take_code(import, reply->codes[i]);
		token = reply->next_page_token;
	} while (token[0] != '\0' && import->code_count < CODES_MOST);
	if (import->code_count == 0)
		return hearth_fail(status, HEARTH_FAILED_PRECONDITION, "NO_CODES", "placements holds no code lists");
	return 0;
}

static char *iso(struct hearth_arena *arena, int32_t days)
{
	char date[HEARTH_DATE_SIZE];
	if (days == SSDA903_NO_DATE)
		return "";
	hearth_date_format(days, date);
	return hearth_arena_strdup(arena, date);
}

static Hearth__Placements__V1__ImportChild *child_new(struct hearth_arena *arena, const struct import_child *from)
{
	Hearth__Placements__V1__ImportChild *child = hearth_arena_alloc(arena, sizeof(*child));
	hearth__placements__v1__import_child__init(child);
	child->child = (char *)from->row.child;
	child->sex = (char *)from->row.sex;
	child->unaccompanied = from->row.unaccompanied;
	child->return_year = from->year;
	if (from->row.born != SSDA903_NO_DATE) {
		child->date_of_birth = hearth_arena_alloc(arena, sizeof(*child->date_of_birth));
		hearth__v1__personal_date__init(child->date_of_birth);
		child->date_of_birth->value = iso(arena, from->row.born);
	}
	return child;
}

static Hearth__Placements__V1__ImportEpisode *episode_new(struct hearth_arena *arena, const struct import_episode *from)
{
	Hearth__Placements__V1__ImportEpisode *episode = hearth_arena_alloc(arena, sizeof(*episode));
	hearth__placements__v1__import_episode__init(episode);
	episode->child = (char *)from->row.child;
	episode->decom = iso(arena, from->row.decom);
	episode->rne = (char *)from->row.rne;
	episode->ls = (char *)from->row.ls;
	episode->cin = (char *)from->row.cin;
	episode->place = (char *)from->row.place;
	episode->place_provider = (char *)from->row.place_provider;
	episode->dec = iso(arena, from->row.dec);
	episode->rec = (char *)from->row.rec;
	episode->reason_place_change = (char *)from->row.reason;
	episode->home_outward = (char *)from->row.home_outward;
	episode->place_outward = (char *)from->row.place_outward;
	episode->urn = (char *)from->row.urn;
	episode->return_year = from->year;
	return episode;
}

static void add_sent(struct import_sent *sent, const import_response *reply)
{
	sent->new_children += reply->new_children;
	sent->changed_children += reply->changed_children;
	sent->unchanged_children += reply->unchanged_children;
	sent->new_episodes += reply->new_episodes;
	sent->changed_episodes += reply->changed_episodes;
	sent->unchanged_episodes += reply->unchanged_episodes;
	sent->kept_episodes += reply->kept_episodes;
	sent->chunks++;
}

/* Children `from` to `to` (not with it) with their episodes. */
struct range {
	size_t from, to;
};

/* Requests on their way and what is still to be sent; answers come in client's turns and send the next. */
struct sending {
	struct import *import;
	struct hearth_client *client;
	size_t next;                     /* children from here on have not been tried */
	size_t most;                     /* children of a request */
	struct range again[AGAIN_MOST];  /* were too much; the last is tried first */
	size_t again_count, loaded;
	size_t in_flight, in_flight_most;
	int alone;                       /* tries of single children in a row that were too much */
	bool failed;
	struct hearth_status *status;
};

struct chunk {
	struct sending *sending;
	struct range range;
};

static void send_more(struct sending *sending);

static void fail(struct sending *sending, const struct hearth_status *status)
{
	if (!sending->failed)
		*sending->status = *status;
	sending->failed = true;
}

/* Nothing of the request was written, and a smaller one may get through. */
static bool too_much(const struct hearth_status *status)
{
	return status->code == HEARTH_DEADLINE_EXCEEDED || status->code == HEARTH_RESOURCE_EXHAUSTED;
}

/* Each push has half the children of the one below it, or is one child's next try. */
static void try_smaller(struct sending *sending, struct range range, const struct hearth_status *status)
{
	size_t size = range.to - range.from;
	if (!too_much(status) || (size == 1 && sending->alone++ >= TRIES_ALONE) || sending->again_count == AGAIN_MOST) {
		fail(sending, status);
		return;
	}
	size_t half = size > 1 ? size / 2 : 1;
	if (half < sending->most)
		sending->most = half;
	sending->again[sending->again_count++] = range;
}

static void chunk_done(void *context, const struct hearth_reply *reply)
{
	struct chunk *chunk = context;
	struct sending *sending = chunk->sending;
	struct range range = chunk->range;
	free(chunk);
	sending->in_flight--;
	if (reply->status.code == HEARTH_OK) {
		import_response *counts = hearth__placements__v1__import_episodes_response__unpack(NULL, reply->size,
		                                                                                   reply->payload);
		struct hearth_status malformed = HEARTH_STATUS_INIT;
		if (counts != NULL) {
			add_sent(&sending->import->sent, counts);
			sending->loaded += range.to - range.from;
			import_show_progress(sending->import, sending->loaded, sending->import->child_count);
			sending->alone = 0;
			hearth__placements__v1__import_episodes_response__free_unpacked(counts, NULL);
		} else {
			hearth_fail(&malformed, HEARTH_INTERNAL, "MALFORMED_REPLY", "the reply to a chunk cannot be read");
			fail(sending, &malformed);
		}
	} else {
		try_smaller(sending, range, &reply->status);
	}
	send_more(sending);
}

static void send_chunk(struct sending *sending, struct range range)
{
	const struct import *import = sending->import;
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__Placements__V1__ImportEpisodesRequest request;
	hearth__placements__v1__import_episodes_request__init(&request);
	request.system = "ssda903";
	request.children = hearth_arena_alloc(arena, (range.to - range.from) * sizeof(*request.children));
	for (size_t i = range.from; i < range.to; i++)
		request.children[request.n_children++] = child_new(arena, &import->children[i]);
	size_t first = import->children[range.from].first;
	size_t end = import->children[range.to - 1].first + import->children[range.to - 1].count;
	request.episodes = hearth_arena_alloc(arena, (end - first + 1) * sizeof(*request.episodes));
	for (size_t i = first; i < end; i++)
		request.episodes[request.n_episodes++] = episode_new(arena, &import->episodes[i]);
	struct chunk *chunk = hearth_alloc(sizeof(*chunk));
	*chunk = (struct chunk){ .sending = sending, .range = range };
	const struct hearth_call_options options = { .timeout_ms = import->cli->timeout_ms };
	struct hearth_status status = HEARTH_STATUS_INIT;
	sending->in_flight++;
	if (hearth_client_send(sending->client, "hearth.placements.v1.Placements/ImportEpisodes", &request.base, &options,
	                       chunk_done, chunk, &status) != 0) {
		sending->in_flight--;
		free(chunk);
		fail(sending, &status);
	}
	hearth_arena_free(&arena);
}

/* How many of the children of `range` make a request; 0: the first has more episodes than one may hold. */
static size_t chunk_size(const struct import *import, struct range range, size_t most)
{
	size_t size = 0, episodes = 0;
	for (size_t i = range.from; i < range.to && size < most && episodes < most * EPISODES_PER_CHILD; i++) {
		episodes += import->children[i].count;
		if (episodes > EPISODES_MOST)
			return size;
		size++;
	}
	return size;
}

static bool take_range(struct sending *sending, struct range *ret_range)
{
	struct range new = { sending->next, sending->import->child_count };
	struct range *left = sending->again_count > 0 ? &sending->again[sending->again_count - 1] : &new;
	size_t size = chunk_size(sending->import, *left, sending->most);
	if (left->from == left->to)
		return false;
	if (size == 0) {
		const struct import_place *place = &sending->import->children[left->from].place;
		struct hearth_status status = HEARTH_STATUS_INIT;
		hearth_fail(&status, HEARTH_INVALID_ARGUMENT, "TOO_MANY_EPISODES",
		            "a child of the return has more than %d episodes (%s:%zu)", EPISODES_MOST, place->path, place->line);
		fail(sending, &status);
		return false;
	}
	*ret_range = (struct range){ left->from, left->from + size };
	left->from += size;
	if (left == &new)
		sending->next = new.from;
	else if (left->from == left->to)
		sending->again_count--;
	return true;
}

/* A chunk that was too much is looked into alone: the others that are on their way come in first. */
static void send_more(struct sending *sending)
{
	struct range range;
	while (!sending->failed && sending->in_flight < (sending->again_count > 0 ? 1 : sending->in_flight_most)
	       && take_range(sending, &range))
		send_chunk(sending, range);
}

int import_send(struct import *import, struct hearth_status *status)
{
	struct sending sending = { .import = import, .most = CHILDREN_MOST, .status = status };
	sending.client = cli_client(import->cli, status);
	if (sending.client == NULL)
		return -1;
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	sending.in_flight_most = 1;
	send_more(&sending);
	hearth_client_run(sending.client, APART_MS);
	sending.in_flight_most = IN_FLIGHT;
	send_more(&sending);
	while (sending.in_flight > 0)
		hearth_client_run(sending.client, 1000);
	import->children_loaded += sending.loaded;
	if (sending.failed && import->pass + 1 == import->passes)
		return hearth_fail_context(status, "%zu of %zu children were loaded; the same import again loads the rest",
		                           import->children_loaded, import->children_read);
	if (sending.failed)
		return hearth_fail_context(status, "%zu children were loaded; the same import again loads the rest",
		                           import->children_loaded);
	return 0;
}
