/* block_usage.c: see block_usage.h. Pure: numbers in, numbers out. */
#include "block_usage.h"

#include <assert.h>

/* Of one night. */
struct night {
	int64_t price;                           /* of a place; BLOCK_UNKNOWN */
	int64_t places[BLOCK_MOST_BUYERS];       /* BLOCK_UNKNOWN */
	int64_t children[BLOCK_MOST_BUYERS];
	int64_t others;
};

static bool holds(int32_t from, int32_t until, int32_t day)
{
	return from <= day && day < until;
}

static int64_t price_on(const struct block_terms *terms, int32_t day)
{
	int64_t price = BLOCK_UNKNOWN;
	for (size_t i = 0; i < terms->fee_count; i++) {
		const struct block_fee *fee = &terms->fees[i];
		if (!holds(fee->from, fee->until, day))
			continue;
		assert(fee->weekly_pence <= BLOCK_MOST_WEEKLY);
		int64_t n = (int64_t)day - fee->from;
		price = fee->weekly_pence < 0 ? BLOCK_UNKNOWN : fee->weekly_pence * (n + 1) / 7 - fee->weekly_pence * n / 7;
	}
	return price;
}

static void night_of(const struct block_terms *terms, int32_t day, struct night *ret_night)
{
	*ret_night = (struct night){ .price = price_on(terms, day) };
	for (size_t i = 0; i < terms->share_count; i++) {
		const struct block_share *share = &terms->shares[i];
		int64_t *places = &ret_night->places[share->buyer];
		if (!holds(share->from, share->until, day))
			continue;
		*places = share->places < 0 || *places < 0 ? BLOCK_UNKNOWN : *places + share->places;
	}
	for (size_t i = 0; i < terms->stay_count; i++) {
		const struct block_stay *stay = &terms->stays[i];
		if (holds(stay->from, stay->until, day))
			*(stay->buyer < 0 ? &ret_night->others : &ret_night->children[stay->buyer]) += stay->children;
	}
}

/* Unknown and anything is unknown. */
static void add(int64_t *sum, int64_t value)
{
	*sum = *sum < 0 || value < 0 ? BLOCK_UNKNOWN : *sum + value;
}

static int64_t times(int64_t places, int64_t price)
{
	if (places == 0)
		return 0;
	return places < 0 || price < 0 ? BLOCK_UNKNOWN : places * price;
}

/* What a night adds for one commissioner. */
static struct block_sums night_sums(int64_t places, int64_t children, bool use_known, int64_t price)
{
	struct block_sums sums = { .paid = places, .used = use_known ? children : BLOCK_UNKNOWN, .voids = BLOCK_UNKNOWN,
		                       .beyond = BLOCK_UNKNOWN, .paid_pence = times(places, price), .void_pence = BLOCK_UNKNOWN };
	if (places < 0 || !use_known)
		return sums;
	sums.voids = places > children ? places - children : 0;
	sums.beyond = children > places ? children - places : 0;
	sums.void_pence = times(sums.voids, price);
	return sums;
}

static void add_sums(struct block_sums *to, const struct block_sums *from)
{
	add(&to->paid, from->paid);
	add(&to->used, from->used);
	add(&to->voids, from->voids);
	add(&to->beyond, from->beyond);
	add(&to->paid_pence, from->paid_pence);
	add(&to->void_pence, from->void_pence);
}

void block_usage_day(struct block_usage *usage, const struct block_terms *terms, struct block_day *ret_day)
{
	struct night night;
	struct block_sums whole = { 0 };
	int32_t day = terms->from + usage->days;
	assert(day < terms->until && terms->until - terms->from <= BLOCK_MOST_DAYS);
	assert(terms->buyer_count >= 1 && terms->buyer_count <= BLOCK_MOST_BUYERS);
	night_of(terms, day, &night);
	for (size_t buyer = 0; buyer < terms->buyer_count; buyer++) {
		struct block_sums sums =
			night_sums(night.places[buyer], night.children[buyer], terms->use_known[buyer], night.price);
		add_sums(&usage->buyers[buyer], &sums);
		add_sums(&whole, &sums);
	}
	add_sums(&usage->all, &whole);
	usage->other_nights += night.others;
	usage->days++;
	*ret_day = (struct block_day){ whole.paid, whole.used, whole.voids, whole.void_pence };
}

int64_t block_permille(int64_t part, int64_t whole)
{
	return part < 0 || whole <= 0 ? BLOCK_UNKNOWN : (part * 2000 + whole) / (2 * whole);
}

int64_t block_break_even(int64_t paid_pence, int64_t paid_nights, int64_t spot_weekly_pence)
{
	if (paid_pence < 0 || paid_nights <= 0 || spot_weekly_pence <= 0)
		return BLOCK_UNKNOWN;
	/* paid_pence * 7 / (nights * spot), then three places more, one at a time so that nothing overflows; rounded up. */
	int64_t spot = paid_nights * spot_weekly_pence, rest = paid_pence * 7 % spot, result = paid_pence * 7 / spot;
	for (int place = 0; place < 3; place++) {
		result = result * 10 + rest * 10 / spot;
		rest = rest * 10 % spot;
	}
	return result + (rest > 0);
}
