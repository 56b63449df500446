/* matching_setup.h: needs, homes, law and weights for the tests of matching, and homes and needs at random. All made up. */
#ifndef TESTS_MATCHING_SETUP_H
#define TESTS_MATCHING_SETUP_H

#include <stdlib.h>
#include <string.h>

#include "../../services/providers/matching.h"
#include "../../services/providers/matching_codes.h"

#define TODAY 20000              /* 2024-10-04 */
#define OWN 999
#define NEXT_DOOR 998
#define FAR_AWAY 123
#define NOW ((int64_t)TODAY * 86400)

#define CODE(bit) (1U << (bit))

static inline uint32_t status_bit(const char *code)
{
	return CODE(match_code(MATCH_LIST_LEGAL_STATUS, code));
}

static inline struct match_law law_of_today(void)
{
	struct match_law law = { .rules = {
		[MATCH_LAW_OTHER_ARRANGEMENT_LEAST_AGE] = { .source = "regulation 27A", .value = 16 },
		[MATCH_LAW_SUPPORTED_REGISTRATION] = { .source = "regulation 27C" },
		[MATCH_LAW_ADULT_AGE] = { .source = "section 105", .value = 18 },
		[MATCH_LAW_CHILDRENS_HOME_REGISTRATION] = { .source = "section 11" },
		[MATCH_LAW_FOSTERING_USUAL_LIMIT] = { .source = "Schedule 7", .value = 3 },
		[MATCH_LAW_TERMS_OF_APPROVAL] = { .source = "regulations 27 and 28" },
		[MATCH_LAW_SECURE_ORDER] = { .source = "section 25", .codes = status_bit("J1") },
		[MATCH_LAW_SECURE_LEAST_AGE] = { .source = "SI 1991/1505", .value = 13 },
		[MATCH_LAW_SHORT_BREAK_STATUS] = { .source = "regulation 48", .codes = status_bit("V3") | status_bit("V4") },
		[MATCH_LAW_VACANCY_STALE_DAYS] = { .source = "policy", .value = 7 },
	} };
	return law;
}

static inline struct match_weights some_weights(void)
{
	return (struct match_weights){ .version = 1, .distance = 20000, .distance_none_tenths = 400, .education = 20000,
		.education_full_tenths = 30, .education_none_tenths = 200, .in_area = 10000, .adjoining = 5000, .preferred = 15000,
		.suitable = 5000, .siblings = 15000, .companions = 5000, .capabilities = 10000,
		.route = { 0, 10000, 9000, 7000, 5000, 3000, 0 }, .tier = 1000, .fee = 10000, .fee_none_pence = 600000,
		.outcome = { 0, 6000, 4000, 1000, 0, 5000, 1000, 0 }, .confirmed = 2000 };
}

static inline struct match_id id_of(unsigned number)
{
	struct match_id id = { { 0 } };
	for (int i = 0; i < 4; i++)
		id.bytes[15 - i] = (uint8_t)(number >> 8 * i);
	return id;
}

static inline struct match_need a_need(void)
{
	return (struct match_need){ .referral = id_of(900001), .child = id_of(800001), .authority = OWN, .day = TODAY, .now = NOW,
		.age = 12, .sex = 'F', .children = 1, .home = { true, 430000, 300000 }, .most_tenths = MATCH_UNKNOWN,
		.most_pence = MATCH_UNKNOWN };
}

static inline struct match_home a_household(void)
{
	return (struct match_home){ .id = id_of(1), .provider = id_of(700001), .revision = 1, .kind = MATCH_FOSTERING,
		.registration = MATCH_REGISTERED, .area = OWN, .grid = { true, 430000, 310000 }, .open = true,
		.planned_open = MATCH_EVER, .registered_from = MATCH_EVER, .registered_until = MATCH_OPEN_END,
		.least_age = MATCH_UNKNOWN, .most_age = MATCH_UNKNOWN, .sex = 'A', .most_children = MATCH_UNKNOWN,
		.registered_places = MATCH_UNKNOWN, .places = 2, .other_children = 0, .pence = 90000, .vacancy_confirmed = NOW - 86400 };
}

static inline struct match_home a_childrens_home(void)
{
	struct match_home home = a_household();
	home.kind = MATCH_CHILDRENS_HOME;
	home.has_urn = true;
	home.registered_places = 4;
	return home;
}

static inline struct match_home supported_accommodation(void)
{
	struct match_home home = a_household();
	home.kind = MATCH_SUPPORTED_ACCOMMODATION;
	home.supported_category = MATCH_SHARED_RING_FENCED;
	return home;
}

static inline struct match_home an_unregulated_flat(void)
{
	struct match_home home = a_household();
	home.kind = MATCH_OTHER_ARRANGEMENT;
	home.registration = MATCH_REGISTRATION_UNKNOWN;
	return home;
}

static inline struct match_resident a_resident(unsigned number, int age)
{
	return (struct match_resident){ .child = id_of(600000 + number), .authority = OWN, .age = (int16_t)age, .age_on = TODAY,
		.sex = 'U' };
}

static inline void explain_under(const struct match_need *need, const struct match_home *home, const struct match_law *law,
                                 struct match_explained *ret_explained)
{
	static const struct match_adjoining adjoining = { .known = true, .bits = { [NEXT_DOOR / 64] = UINT64_C(1) << NEXT_DOOR % 64 } };
	struct match_weights weights = some_weights();
	struct match_question question = { need, law, &weights, &adjoining };
	match_explain(&question, home, ret_explained);
}

/* ---- at random, always the same ---- */

static inline uint32_t random_next(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*seed >> 33);
}

static inline int random_to(uint64_t *seed, int most)
{
	return (int)(random_next(seed) % (uint32_t)(most + 1));
}

static inline bool random_one_in(uint64_t *seed, int of)
{
	return random_next(seed) % (uint32_t)of == 0;
}

#define LISTS_MOST 6

/* A home with its lists, which live in it: it may be copied only through match_index_put or by random_home_point. */
struct random_home {
	struct match_home home;
	struct match_bar bars[LISTS_MOST];
	struct match_limit limits[LISTS_MOST];
	struct match_block blocks[LISTS_MOST];
	struct match_resident residents[LISTS_MOST];
	struct match_named named[LISTS_MOST];
	struct match_route routes[LISTS_MOST];
};

static inline void random_days(uint64_t *seed, int32_t *from, int32_t *until)
{
	*from = random_one_in(seed, 3) ? MATCH_EVER : TODAY + random_to(seed, 80) - 60;
	*until = random_one_in(seed, 3) || *from == MATCH_EVER ? MATCH_OPEN_END : *from + random_to(seed, 60);
}

static inline uint16_t random_authority(uint64_t *seed)
{
	static const uint16_t authorities[] = { 0, OWN, NEXT_DOOR, FAR_AWAY };
	return authorities[random_to(seed, 3)];
}

static inline void random_lists(uint64_t *seed, struct random_home *to)
{
	struct match_home *home = &to->home;
	home->bar_count = random_one_in(seed, 6) ? (uint16_t)random_to(seed, 2) : 0;
	home->limit_count = random_one_in(seed, 5) ? (uint16_t)random_to(seed, 3) : 0;
	home->block_count = random_one_in(seed, 4) ? (uint16_t)random_to(seed, 2) : 0;
	home->resident_count = (uint16_t)random_to(seed, random_one_in(seed, 2) ? 0 : 4);
	home->named_count = random_one_in(seed, 4) ? (uint16_t)random_to(seed, 3) : 0;
	home->route_count = (uint16_t)random_to(seed, 4);
	for (int i = 0; i < LISTS_MOST; i++) {
		to->bars[i] = (struct match_bar){ .authority = random_authority(seed), .kind = (uint8_t)random_to(seed, MATCH_BARS - 1) };
		random_days(seed, &to->bars[i].from, &to->bars[i].until);
		to->limits[i] = (struct match_limit){ .code = (uint8_t)random_to(seed, 3), .value = (int16_t)random_to(seed, 17),
			.sex = random_one_in(seed, 2) ? 'M' : 'F' };
		random_days(seed, &to->limits[i].from, &to->limits[i].until);
		to->blocks[i] = (struct match_block){ .places = (uint16_t)(1 + random_to(seed, 2)), .reason = (uint8_t)random_to(seed, 9) };
		random_days(seed, &to->blocks[i].from, &to->blocks[i].until);
		to->residents[i] = a_resident((unsigned)random_to(seed, 30), random_to(seed, 18) - 1);
		to->residents[i].companions = random_one_in(seed, 4) ? (uint8_t)random_to(seed, MATCH_NO_PREFERENCE) : 0;
		to->residents[i].held = random_one_in(seed, 3);
		to->residents[i].age_on = TODAY - random_to(seed, 900);
		to->named[i] = (struct match_named){ .child = id_of(600000U + (unsigned)random_to(seed, 30)),
			.siblings = random_one_in(seed, 2) };
		random_days(seed, &to->named[i].from, &to->named[i].until);
		to->routes[i] = (struct match_route){ .authority = random_authority(seed), .route = (uint8_t)(1 + random_to(seed, 5)),
			.tier = (uint8_t)random_to(seed, 3), .pence = random_one_in(seed, 4) ? MATCH_UNKNOWN : random_to(seed, 700000) };
		random_days(seed, &to->routes[i].from, &to->routes[i].until);
	}
}

static inline void random_home_point(struct random_home *to)
{
	to->home.bars = to->bars;
	to->home.limits = to->limits;
	to->home.blocks = to->blocks;
	to->home.residents = to->residents;
	to->home.named = to->named;
	to->home.routes = to->routes;
}

static inline void random_home(uint64_t *seed, unsigned number, struct random_home *to)
{
	static const char sexes[] = { 'A', 'A', 'A', 'M', 'F', 0 };
	*to = (struct random_home){ .home = { .id = id_of(number), .provider = id_of(700000U + (unsigned)random_to(seed, 40)),
		.revision = 1, .kind = (uint8_t)(random_one_in(seed, 2) ? MATCH_FOSTERING : 1 + random_to(seed, MATCH_KINDS - 2)),
		.registration = (uint8_t)(random_one_in(seed, 3) ? random_to(seed, 4) : MATCH_REGISTERED),
		.supported_category = (uint8_t)random_to(seed, 4), .outcome = (uint8_t)random_to(seed, MATCH_OUTCOMES - 1),
		.area = random_authority(seed), .own_authority = random_authority(seed),
		.grid = { !random_one_in(seed, 20), 400000 + random_to(seed, 60000), 270000 + random_to(seed, 60000) },
		.open = !random_one_in(seed, 15), .has_urn = !random_one_in(seed, 5), .siblings_only = random_one_in(seed, 20),
		.solo = random_one_in(seed, 12), .manager_vacant = random_one_in(seed, 15),
		.planned_open = random_one_in(seed, 15) ? TODAY + random_to(seed, 20) - 10 : MATCH_EVER,
		.registered_from = random_one_in(seed, 15) ? TODAY + random_to(seed, 20) - 15 : MATCH_EVER,
		.registered_until = random_one_in(seed, 10) ? TODAY + random_to(seed, 40) - 5 : MATCH_OPEN_END,
		.least_age = (int16_t)(random_one_in(seed, 2) ? MATCH_UNKNOWN : random_to(seed, 12)),
		.most_age = (int16_t)(random_one_in(seed, 2) ? MATCH_UNKNOWN : 8 + random_to(seed, 10)),
		.sex = sexes[random_to(seed, 5)], .most_children = (int16_t)(random_one_in(seed, 2) ? MATCH_UNKNOWN : random_to(seed, 4)),
		.registered_places = (int16_t)(random_one_in(seed, 2) ? MATCH_UNKNOWN : random_to(seed, 6)),
		.places = (int16_t)random_to(seed, 6), .other_children = (int16_t)(random_to(seed, 4) - 1 > 1 ? 0 : random_to(seed, 2) - 1),
		.capabilities = random_next(seed) & random_next(seed) & 0x1FFFFF,
		.excluded_risks = (uint16_t)(random_one_in(seed, 3) ? random_next(seed) & random_next(seed) & 0x7FF : 0),
		.approved_kinds = (uint16_t)(random_one_in(seed, 3) ? random_next(seed) & 0xF : 0),
		.pence = random_one_in(seed, 8) ? MATCH_UNKNOWN : random_to(seed, 700000),
		.vacancy_confirmed = random_one_in(seed, 4) ? 0 : NOW - (int64_t)random_to(seed, 20) * 86400 } };
	random_lists(seed, to);
	random_home_point(to);
}

static inline void random_need(uint64_t *seed, unsigned number, struct match_need *to)
{
	static const char sexes[] = { 'M', 'F', 'M', 'F', 'U' };
	*to = (struct match_need){ .referral = id_of(900000 + number), .child = id_of(600000U + (unsigned)random_to(seed, 30)),
		.authority = random_one_in(seed, 4) ? NEXT_DOOR : OWN,
		.day = TODAY + (random_one_in(seed, 3) ? random_to(seed, 14) : 0), .now = NOW,
		.age = (int16_t)(random_to(seed, 18) - 1), .sex = sexes[random_to(seed, 4)], .unaccompanied = random_one_in(seed, 8),
		.children = (uint16_t)(random_one_in(seed, 3) ? 1 + random_to(seed, 3) : 1),
		.kinds = (uint16_t)(random_one_in(seed, 4) ? random_next(seed) & 0x1FE : 0),
		.home = { !random_one_in(seed, 10), 400000 + random_to(seed, 60000), 270000 + random_to(seed, 60000) },
		.school = { random_one_in(seed, 2), 400000 + random_to(seed, 60000), 270000 + random_to(seed, 60000) },
		.most_tenths = random_one_in(seed, 2) ? MATCH_UNKNOWN : random_to(seed, 400),
		.most_pence = random_one_in(seed, 2) ? MATCH_UNKNOWN : random_to(seed, 800000),
		.companions = (uint8_t)(random_one_in(seed, 2) ? 0 : random_to(seed, MATCH_NO_PREFERENCE)),
		.foster = (uint8_t)random_to(seed, 3), .residential = (uint8_t)random_to(seed, 3), .supported = (uint8_t)random_to(seed, 3),
		.pets = (uint8_t)random_to(seed, 3), .emergency = random_one_in(seed, 5), .deprivation_of_liberty = random_one_in(seed, 12),
		.secure_order = random_one_in(seed, 12), .secure_approval = random_one_in(seed, 2),
		.legal_status = random_one_in(seed, 3) ? 0 : CODE(random_to(seed, 12)),
		.capabilities = random_next(seed) & random_next(seed) & 0xFF,
		.risks_known = (uint16_t)(random_next(seed) & 0x7FF),
		.placement_kinds = (uint16_t)(random_one_in(seed, 3) ? random_next(seed) & 7 : 0),
		.avoid_count = random_one_in(seed, 3) ? 2 : 0, .sibling_count = random_one_in(seed, 3) ? 3 : 0 };
	to->risks = (uint16_t)(to->risks_known & random_next(seed) & random_next(seed));
	to->avoid[0] = (struct match_avoid){ .authority = FAR_AWAY };
	to->avoid[1] = (struct match_avoid){ .easting = 430000, .northing = 300000, .metres = 5000 };
	for (unsigned i = 0; i < to->sibling_count; i++)
		to->siblings[i] = id_of(600000U + (unsigned)random_to(seed, 30));
}

#endif
