/* block_usage.h: what a block of places was paid and used for, by commissioner and night.
 *
 * A night belongs to the day on whose evening it begins: who lives there from day a to day b (not included) uses the nights
 * of a to b - 1. On each night a commissioner pays for its places; of these as many are used as children of its own live
 * there, the rest are void, and children beyond its places are counted as beyond. So paid - used = void - beyond for each
 * commissioner, each day and the whole, and sums over commissioners and days are the whole.
 *
 * The price of a place's night is the day rule of the ledger: day n of a weekly fee f (n from 0 on the fee's first day)
 * costs floor(f(n+1)/7) - floor(fn/7) pence, so that seven days in a row come to f exactly, whichever day a fee begins.
 *
 * Unknown stays unknown: a share that is not known makes its nights and the whole's unknown; a commissioner whose people
 * Hearth does not hold has no known use, and then nor has the whole; a night without a fee makes its cost unknown.
 */
#ifndef PROVIDERS_BLOCK_USAGE_H
#define PROVIDERS_BLOCK_USAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOCK_UNKNOWN INT64_C(-1)
#define BLOCK_MOST_DAYS 1096
#define BLOCK_MOST_BUYERS 20
#define BLOCK_MOST_PLACES 10000
#define BLOCK_MOST_WEEKLY INT64_C(100000000)     /* a million pounds a week */

/* All days as days since 1970; spans are [from, until). */
struct block_share {
	int32_t from, until;
	int32_t buyer;               /* 0 to buyer_count - 1 */
	int64_t places;              /* 0 to BLOCK_MOST_PLACES; BLOCK_UNKNOWN */
};
/* Of two fees of a day the later in the list holds. `from` may be long before the days that are reckoned. */
struct block_fee {
	int32_t from, until;
	int64_t weekly_pence;        /* 0 to BLOCK_MOST_WEEKLY; BLOCK_UNKNOWN: not known in that time */
};
struct block_stay {
	int32_t from, until;
	int32_t buyer;               /* -1: of nobody who has a part in the block, or of a part that is not counted */
	int64_t children;
};

struct block_terms {
	int32_t from, until;         /* at most BLOCK_MOST_DAYS days */
	size_t buyer_count;          /* 1 to BLOCK_MOST_BUYERS */
	const bool *use_known;       /* one a buyer: Hearth holds its people */
	size_t share_count, fee_count, stay_count;
	const struct block_share *shares;
	const struct block_fee *fees;
	const struct block_stay *stays;
};

/* Each BLOCK_UNKNOWN where it is not known. */
struct block_sums {
	int64_t paid, used, voids, beyond;       /* nights */
	int64_t paid_pence, void_pence;
};
struct block_day {
	int64_t places, used, voids, void_pence;
};

/* So far; all zero at first. */
struct block_usage {
	int32_t days;                /* that have been reckoned */
	struct block_sums buyers[BLOCK_MOST_BUYERS], all;
	int64_t other_nights;        /* of children of nobody who has a part */
};
/* Reckons the next day, which is terms->from + usage->days; as long as that is before terms->until. */
void block_usage_day(struct block_usage *usage, const struct block_terms *terms, struct block_day *ret_day);

/* Thousandths of `part` in `whole`, half up; BLOCK_UNKNOWN if either is or `whole` is 0. */
int64_t block_permille(int64_t part, int64_t whole);

/* The least use, in thousandths of the nights paid, at which the block costs no more than as many nights at this weekly spot
 * fee: rounded up; above 1000 it always costs more. BLOCK_UNKNOWN if anything is not known or 0. */
int64_t block_break_even(int64_t paid_pence, int64_t paid_nights, int64_t spot_weekly_pence);

#endif
