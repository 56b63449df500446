/* verify.h: does a ledger hold what its facts say? Pure: facts and postings in, differences out.
 *
 * Every day of the fee and of each line is made again on its own, by finance_accrued() of one day, and compared with what
 * the postings leave standing for it; the SQL that posts works in spans and differences of spans. What this cannot see: a
 * posting and its reversal taken out together, and facts and postings changed alike.
 * Dates are days since 1970. All texts and arrays are the caller's.
 */
#ifndef FINANCE_VERIFY_H
#define FINANCE_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#define VERIFY_NO_DAY INT32_MIN
#define VERIFY_UNPRICED (-1)
#define VERIFY_DAYS_MOST 80000             /* of one agreement, first to last: two hundred years */

struct verify_fee {
	int32_t from, revision;                /* sorted by both */
	int64_t weekly;                        /* or UNPRICED */
};

/* A revision of a line; sorted by id and revision. */
struct verify_line {
	const char *id;
	int32_t revision;
	char unit;                             /* W, D, O */
	int64_t amount;                        /* or UNPRICED */
	int32_t from, until;                   /* until NO_DAY: to the agreement's end */
	int32_t posted_to;                     /* NO_DAY: nothing comes any more */
	int withdrawn;
};

struct verify_posting {
	int64_t id;                            /* sorted by it */
	char kind;                             /* A accrual, N notice, R reversal */
	const char *line_id;                   /* "-": of the fee */
	int32_t rate_from, from, to;
	int64_t weekly, pence, reverses;
};

struct verify_agreement {
	int32_t start, end;                    /* end NO_DAY: open */
	int32_t notice, posted_to;
	const struct verify_fee *fees;
	size_t fee_count;
	const struct verify_line *lines;
	size_t line_count;
	const struct verify_posting *postings;
	size_t posting_count;
};

enum verify_kind {
	VERIFY_MISSING,
	VERIFY_EXTRA,
	VERIFY_WRONG_AMOUNT,
	VERIFY_TWICE,
	VERIFY_BAD_LINE,
	VERIFY_BAD_REVERSAL,
	VERIFY_BAD_TOTAL
};

struct verify_difference {
	enum verify_kind kind;
	const char *line_id;                   /* "-": of the fee */
	int32_t from, to;
	int64_t expected, posted;
	int64_t posting;                       /* of BAD_LINE, BAD_REVERSAL; else 0 */
};

/* One day of one line. */
struct verify_day {
	int64_t expected, posted;
	int32_t accruals, notices;             /* standing */
	char kind;                             /* what should stand: A, N, or 0 */
};

struct verify_result {
	struct verify_difference *differences; /* room for `most` */
	size_t most, count, more;
	int64_t days, pence;
};

/* First and last day of facts and postings; how many days to give room for, 0 when there are none; -1: too many. */
int32_t finance_verify_span(const struct verify_agreement *agreement, int32_t *ret_first);
/* `days`: room for the span. Adds to the result. */
void finance_verify(const struct verify_agreement *agreement, struct verify_day *days, int32_t first, int32_t span,
                    struct verify_result *result);

#endif
