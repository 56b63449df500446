/* synth_home.c: where made-up children live: a stay takes a free place of a home that suits, or a home is made for it.
 * Stays are housed in the order of their first days, so a home never has more children than places. */
#include "synth.h"

#include <stdlib.h>
#include <string.h>

#include <hearth/arena.h>
#include <hearth/clock.h>

/* ---- stays ---------------------------------------------------------------------------------------------------------- */

/* Episodes of a child in one home: what follows a change of home up to the next. */
struct stay {
	struct synth_child *child;
	size_t first, end, order;
	int32_t from, to;
};

static bool keeps_home(const struct synth_episode *episode)
{
	return strchr("LTU", episode->rne[0]) != NULL;
}

static int by_first_day(const void *a, const void *b)
{
	const struct stay *x = a, *y = b;
	if (x->from != y->from)
		return (x->from > y->from) - (x->from < y->from);
	return (x->order > y->order) - (x->order < y->order);
}

/* Stays that reach into [from, to], in the order of their first days. */
static struct stay *find_stays(struct synth_child *children, size_t count, int32_t from, int32_t to, size_t *ret_count)
{
	size_t found = 0, room = 0;
	struct stay *stays = NULL;
	for (size_t c = 0; c < count; c++) {
		struct synth_child *child = &children[c];
		for (size_t first = 0, end; first < child->count; first = end) {
			for (end = first + 1; end < child->count && keeps_home(&child->episodes[end]); end++)
				;
			if (child->episodes[first].decom > to || child->episodes[end - 1].dec < from)
				continue;
			if (found == room)
				stays = hearth_realloc(stays, (room = room == 0 ? 256 : 2 * room) * sizeof(*stays));
			stays[found] = (struct stay){ .child = child, .first = first, .end = end, .order = found,
				.from = child->episodes[first].decom, .to = child->episodes[end - 1].dec };
			found++;
		}
	}
	if (found > 0)
		qsort(stays, found, sizeof(*stays), by_first_day);
	*ret_count = found;
	return stays;
}

/* ---- homes ---------------------------------------------------------------------------------------------------------- */

/* What a stay asks of a home. */
struct wanted {
	enum synth_kind kind;
	enum synth_ring ring;
	const char *provider;
	int least_age, most_age;       /* of the child in it */
	char sex;
	int32_t from;
};

/* The codes of places that are homes of the region; the others have no home of their own. */
static bool kind_of(const char *place, enum synth_kind *ret_kind)
{
	if (place[0] == 'U')
		*ret_kind = place[1] <= '3' ? SYNTH_RELATIVE : SYNTH_FOSTER;
	else if (strcmp(place, "K2") == 0)
		*ret_kind = SYNTH_HOME;
	else if (strcmp(place, "K1") == 0)
		*ret_kind = SYNTH_SECURE;
	else if (strcmp(place, SYNTH_SUPPORTED) == 0)
		*ret_kind = SYNTH_SUPPORTED_HOME;
	else
		return false;
	return true;
}

/* Provider codes of places without a home: the rules of the return allow these. */
static const char *provider_without_home(const char *place)
{
	if (strcmp(place, "P1") == 0)
		return "PR0";
	if (strcmp(place, "R2") == 0)
		return "PR3";
	return place[0] == 'A' ? "PR1" : "PR4";
}

static const char *pick_provider(enum synth_kind kind, const struct synth_data *data, struct synth_random *random)
{
	enum synth_group group = kind == SYNTH_FOSTER ? SYNTH_PROVIDER_FOSTER : kind == SYNTH_HOME ? SYNTH_PROVIDER_HOME
		: SYNTH_PROVIDER_SUPPORTED;
	if (kind == SYNTH_RELATIVE || kind == SYNTH_SECURE)
		return "PR1";
	return synth_key(group, synth_pick(random, data, group));
}

static int free_place(const struct synth_home *home, const struct wanted *wanted)
{
	if (home->kind != wanted->kind || home->ring != wanted->ring || strcmp(home->provider, wanted->provider) != 0
	    || home->least_age > wanted->least_age || home->most_age < wanted->most_age
	    || (home->sex != 'A' && home->sex != wanted->sex))
		return -1;
	for (uint32_t i = 0; i < home->places; i++)
		if (home->taken_until[i] <= wanted->from)
			return (int)i;
	return -1;
}

/* Ranges of ages that homes of a kind take, widest last. */
static void set_ages(struct synth_home *home, const struct wanted *wanted, struct synth_random *random)
{
	static const int ranges[][2] = { { 0, 4 }, { 0, 10 }, { 5, 12 }, { 11, 17 }, { 8, 17 } };
	size_t from = synth_below(random, 5);
	home->least_age = wanted->kind == SYNTH_SUPPORTED_HOME ? 16 : wanted->kind == SYNTH_SECURE ? 10 : 0;
	home->most_age = 17;
	if (wanted->kind != SYNTH_FOSTER && wanted->kind != SYNTH_HOME)
		return;
	for (size_t i = 0; i < 5; i++) {
		const int *range = ranges[(from + i) % 5];
		if (range[0] <= wanted->least_age && range[1] >= wanted->most_age) {
			home->least_age = range[0];
			home->most_age = range[1];
			return;
		}
	}
}

static size_t make_home(struct synth_homes *homes, const struct wanted *wanted, const struct synth_data *data,
                        struct synth_random *random)
{
	if (homes->count == homes->room)
		homes->items = hearth_realloc(homes->items, (homes->room = homes->room == 0 ? 256 : 2 * homes->room)
		                              * sizeof(*homes->items));
	struct synth_home *home = &homes->items[homes->count];
	*home = (struct synth_home){ .kind = wanted->kind, .ring = wanted->ring, .provider = wanted->provider, .sex = 'A' };
	home->number = homes->next_number++;
	home->organisation = strcmp(wanted->provider, "PR1") == 0 ? 0 : synth_below(random, homes->organisations);
	enum synth_group group = wanted->kind == SYNTH_FOSTER || wanted->kind == SYNTH_RELATIVE ? SYNTH_PLACES_FOSTER
		: wanted->kind == SYNTH_HOME ? SYNTH_PLACES_HOME : SYNTH_PLACES_SUPPORTED;
	home->places = 1 + (uint32_t)synth_pick(random, data, group);
	if (wanted->kind != SYNTH_RELATIVE && synth_permille(random, 200))
		home->sex = wanted->sex;
	set_ages(home, wanted, random);
	for (size_t i = 0; i < SYNTH_PLACES_MOST; i++)
		home->taken_until[i] = INT32_MIN;
	return homes->count++;
}

static void house(struct synth_homes *homes, const struct synth_data *data, struct synth_random *random,
                  const struct stay *stay, size_t not_here)
{
	const struct synth_child *child = stay->child;
	struct wanted wanted = { .from = stay->from, .sex = child->female ? 'F' : 'M' };
	struct synth_episode *first = &child->episodes[stay->first];
	size_t found = SYNTH_NO_HOME;
	if (kind_of(first->place, &wanted.kind)) {
		wanted.provider = pick_provider(wanted.kind, data, random);
		bool own = strcmp(wanted.provider, "PR1") == 0;
		wanted.ring = (enum synth_ring)synth_pick(random, data, own ? SYNTH_RING_OWN : SYNTH_RING_OTHER);
		wanted.least_age = synth_age(child->born, stay->from);
		wanted.most_age = synth_age(child->born, stay->to - 1);
		/* Relatives are a child's own; other homes are looked through from anywhere on. */
		size_t from = homes->count > 0 ? synth_below(random, (uint32_t)homes->count) : 0;
		int place = -1;
		for (size_t i = 0; i < homes->count && place < 0 && wanted.kind != SYNTH_RELATIVE; i++) {
			found = (from + i) % homes->count;
			place = found == not_here ? -1 : free_place(&homes->items[found], &wanted);
		}
		if (place < 0) {
			found = make_home(homes, &wanted, data, random);
			place = 0;
		}
		homes->items[found].taken_until[place] = stay->to;
	}
	for (size_t i = stay->first; i < stay->end; i++) {
		struct synth_episode *episode = &child->episodes[i];
		episode->home = found;
		episode->provider = found != SYNTH_NO_HOME ? homes->items[found].provider : provider_without_home(episode->place);
		/* Adopters are the agency's, also when they were the carers. */
		if (episode->place[0] == 'A')
			episode->provider = "PR1";
	}
}

void synth_homes_house(struct synth_homes *homes, const struct synth_data *data, struct synth_random *random,
                       struct synth_child *children, size_t count, int32_t from, int32_t to)
{
	size_t stay_count;
	struct stay *stays = find_stays(children, count, from, to, &stay_count);
	for (size_t i = 0; i < stay_count; i++) {
		const struct stay *stay = &stays[i];
		size_t before = stay->first > 0 ? stay->child->episodes[stay->first - 1].home : SYNTH_NO_HOME;
		house(homes, data, random, stay, before);
	}
	free(stays);
}

/* ---- rows ----------------------------------------------------------------------------------------------------------- */

/* Outward parts of an area: 1 to 89 lie around its middle, 90 to 99 at its far end. */
uint32_t synth_home_district(const struct synth_home *home)
{
	uint32_t spread = home->number / 4000 + home->number;
	return home->ring == SYNTH_IN_FAR ? 90 + spread % 10 : 1 + spread % 89;
}

static const char *area_of(const struct synth_home *home)
{
	return home->ring <= SYNTH_IN_FAR ? "ZZ" : home->ring == SYNTH_OUT_NEAR ? "ZX" : "ZW";
}

/* Neighbouring numbers get different postcodes; there are 4,000 of each outward part. */
void synth_home_postcode(const struct synth_home *home, char ret_postcode[SYNTH_POSTCODE_SIZE])
{
	static const char letters[] = "ABDEFGHJLNPQRSTUWXYZ";
	uint32_t inward = home->number % 4000;
	snprintf(ret_postcode, SYNTH_POSTCODE_SIZE, "%s%u %u%c%c", area_of(home), (unsigned)(synth_home_district(home) % 100),
	         (unsigned)(inward / 400), letters[inward / 20 % 20], letters[inward % 20]);
}

uint32_t synth_home_agency(const struct synth_home *home)
{
	return strcmp(home->provider, "PR1") == 0 ? 0 : 1 + 2 * home->organisation + (strcmp(home->provider, "PR5") == 0);
}

/* Numbers from 9,000,000 on, which the inspectorate has not given to anybody. */
void synth_home_urn(const struct synth_home *home, char ret_urn[SYNTH_URN_SIZE])
{
	bool fostering = home->kind <= SYNTH_RELATIVE;
	snprintf(ret_urn, SYNTH_URN_SIZE, "%u", (unsigned)(fostering ? 9000000 + synth_home_agency(home) : 9010000 + home->number));
}
