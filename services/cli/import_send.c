/* import_send.c: fetches the code lists and sends children with their episodes to placements, some hundred at a time. */
#include "import.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/text.h>

#define CHILDREN_MOST 60               /* of a request; fewer when the service does not get through them in time */
#define EPISODES_PER_CHILD 4           /* past so many for each of its children no further child is added */
#define CHILD_EPISODES_MOST 1500       /* of one child: with the others under the service's 2,000 */
#define TRIES_ALONE 3                  /* of a single child that the service did not get through in time */
#define CODES_MOST 10000

typedef Hearth__Placements__V1__ListCodesRequest list_codes_request;
typedef Hearth__Placements__V1__ListCodesResponse list_codes_response;

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

static void add_sent(struct import_sent *sent, const Hearth__Placements__V1__ImportEpisodesResponse *reply)
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

static int send_chunk(struct import *import, size_t from, size_t to, struct hearth_status *status)
{
	struct hearth_arena *arena = hearth_arena_new();
	Hearth__Placements__V1__ImportEpisodesRequest request;
	hearth__placements__v1__import_episodes_request__init(&request);
	request.system = "ssda903";
	request.children = hearth_arena_alloc(arena, (to - from) * sizeof(*request.children));
	for (size_t i = from; i < to; i++)
		request.children[request.n_children++] = child_new(arena, &import->children[i]);
	size_t first = import->children[from].first;
	size_t count = import->children[to - 1].first + import->children[to - 1].count - first;
	request.episodes = hearth_arena_alloc(arena, (count + 1) * sizeof(*request.episodes));
	for (size_t i = first; i < first + count; i++)
		request.episodes[request.n_episodes++] = episode_new(arena, &import->episodes[i]);
	ProtobufCMessage *reply;
	int result = cli_call(import->cli, "hearth.placements.v1.Placements/ImportEpisodes", &request.base,
	                      &hearth__placements__v1__import_episodes_response__descriptor, NULL, arena, &reply, NULL,
	                      status);
	if (result == 0)
		add_sent(&import->sent, (const Hearth__Placements__V1__ImportEpisodesResponse *)reply);
	hearth_arena_free(&arena);
	return result;
}

/* How many of the children from `from` on make a request; 0: the first has more episodes than one may hold. */
static size_t chunk_size(const struct import *import, size_t from, size_t most)
{
	size_t size = 0, episodes = 0;
	while (from + size < import->child_count && size < most && episodes < most * EPISODES_PER_CHILD) {
		if (import->children[from + size].count > CHILD_EPISODES_MOST)
			return size;
		episodes += import->children[from + size++].count;
	}
	return size;
}

/* Nothing of the request was written, and a smaller one may get through. */
static bool too_much(const struct hearth_status *status)
{
	return status->code == HEARTH_DEADLINE_EXCEEDED || status->code == HEARTH_RESOURCE_EXHAUSTED;
}

int import_send(struct import *import, struct hearth_status *status)
{
	size_t most = CHILDREN_MOST;
	int alone = 0;
	for (size_t from = 0; from < import->child_count;) {
		const struct import_place *place = &import->children[from].place;
		size_t size = chunk_size(import, from, most);
		if (size == 0)
			return hearth_fail(status, HEARTH_INVALID_ARGUMENT, "TOO_MANY_EPISODES",
			                   "a child of the return has more than %d episodes (%s:%zu)", CHILD_EPISODES_MOST,
			                   place->path, place->line);
		if (send_chunk(import, from, from + size, status) == 0) {
			from += size;
			alone = 0;
		} else if (too_much(status) && (size > 1 || alone++ < TRIES_ALONE)) {
			most = size > 1 ? size / 2 : 1;
		} else {
			return hearth_fail_context(status, "%zu of %zu children were loaded; the same import again loads the rest",
			                           from, import->child_count);
		}
	}
	*status = (struct hearth_status)HEARTH_STATUS_INIT;
	return 0;
}
