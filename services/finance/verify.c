/* verify.c: see verify.h. One stream of days after the other: the fee, then each line. */
#include "verify.h"

#include <string.h>

#include "accrual.h"

#define FEE "-"

struct stream {
	const struct verify_agreement *agreement;
	const char *line_id;
	struct verify_day *days;
	int32_t first, span;
	struct verify_result *result;
};

static int32_t sooner(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static int32_t later(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static void report(const struct stream *stream, const struct verify_difference *difference)
{
	struct verify_result *result = stream->result;
	if (result->count < result->most)
		result->differences[result->count++] = *difference;
	else
		result->more++;
}

/* ---- what should stand ---- */

static void expect_day(const struct stream *stream, int32_t day, char kind, int64_t weekly, int32_t rate_from)
{
	int32_t at = day - stream->first;
	if (weekly == VERIFY_UNPRICED || day < rate_from || at < 0 || at >= stream->span)
		return;
	stream->days[at].kind = kind;
	stream->days[at].expected = finance_accrued(weekly, day - rate_from, day - rate_from + 1);
}

/* The newest revision of the latest fee up to the day. */
static const struct verify_fee *fee_on(const struct verify_agreement *agreement, int32_t day)
{
	const struct verify_fee *found = NULL;
	for (size_t i = 0; i < agreement->fee_count && agreement->fees[i].from <= day; i++)
		found = &agreement->fees[i];
	return found;
}

static void expect_fee(const struct stream *stream)
{
	const struct verify_agreement *agreement = stream->agreement;
	int32_t to = agreement->end == VERIFY_NO_DAY ? agreement->posted_to : agreement->end;
	for (int32_t day = agreement->start; day < to; day++) {
		const struct verify_fee *fee = fee_on(agreement, day);
		if (fee != NULL)
			expect_day(stream, day, 'A', fee->weekly, fee->from);
	}
	const struct verify_fee *last = fee_on(agreement, later(to - 1, agreement->start));
	for (int32_t day = to; last != NULL && agreement->end != VERIFY_NO_DAY && day < to + agreement->notice; day++)
		expect_day(stream, day, 'N', last->weekly, last->from);
}

static void expect_line(const struct stream *stream, const struct verify_line *line)
{
	const struct verify_agreement *agreement = stream->agreement;
	int64_t weekly = line->amount == VERIFY_UNPRICED || line->unit == 'W' ? line->amount : line->amount * 7;
	int32_t to = agreement->end != VERIFY_NO_DAY ? agreement->end
	             : line->posted_to != VERIFY_NO_DAY ? line->posted_to : agreement->posted_to;
	int32_t until = line->unit == 'O' ? line->from + 1 : line->until;
	/* A line that is over is posted to its end, however far the agreement is. */
	if (until != VERIFY_NO_DAY && agreement->end == VERIFY_NO_DAY && line->posted_to == VERIFY_NO_DAY)
		to = until;
	for (int32_t day = line->from; day < (until == VERIFY_NO_DAY ? to : sooner(until, to)); day++)
		expect_day(stream, day, 'A', weekly, line->from);
}

/* ---- what stands ---- */

static const struct verify_posting *posting_of(const struct verify_agreement *agreement, int64_t id)
{
	size_t low = 0, high = agreement->posting_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (agreement->postings[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < agreement->posting_count && agreement->postings[low].id == id ? &agreement->postings[low] : NULL;
}

static int is_mirror(const struct verify_posting *posting, const struct verify_posting *of)
{
	return of != NULL && of->kind != 'R' && of->id < posting->id && strcmp(of->line_id, posting->line_id) == 0
	       && of->rate_from == posting->rate_from && of->weekly == posting->weekly && posting->from >= of->from
	       && posting->to <= of->to;
}

static int is_sound(const struct verify_posting *posting)
{
	return posting->weekly >= 0 && posting->weekly <= FINANCE_MOST_WEEKLY && posting->from >= posting->rate_from
	       && posting->to > posting->from;
}

static void check_posting(const struct stream *stream, const struct verify_posting *posting,
                          const struct verify_posting *of)
{
	struct verify_difference difference = { VERIFY_BAD_LINE, stream->line_id, posting->from, posting->to, 0, posting->pence,
		                                    posting->id };
	if (is_sound(posting))
		difference.expected = finance_accrued(posting->weekly, posting->from - posting->rate_from,
		                                      posting->to - posting->rate_from) * (posting->kind == 'R' ? -1 : 1);
	if (!is_sound(posting) || difference.expected != posting->pence)
		report(stream, &difference);
	difference.kind = VERIFY_BAD_REVERSAL;
	if (posting->kind == 'R' && !is_mirror(posting, of))
		report(stream, &difference);
}

static void stand(const struct stream *stream, const struct verify_posting *posting)
{
	const struct verify_posting *of = posting->kind == 'R' ? posting_of(stream->agreement, posting->reverses) : posting;
	int sign = posting->kind == 'R' ? -1 : 1;
	check_posting(stream, posting, of);
	if (!is_sound(posting))
		return;
	for (int32_t day = posting->from; day < posting->to; day++) {
		struct verify_day *at = &stream->days[day - stream->first];
		at->posted += sign * finance_accrued(posting->weekly, day - posting->rate_from, day - posting->rate_from + 1);
		if (of != NULL && of->kind == 'N')
			at->notices += sign;
		else
			at->accruals += sign;
	}
}

/* ---- the comparison ---- */

static int differs(const struct verify_day *day, enum verify_kind *ret_kind)
{
	int32_t wanted = day->kind == 'N' ? day->notices : day->accruals;
	int32_t other = day->kind == 'N' ? day->accruals : day->notices;
	if (day->notices < 0 || day->accruals < 0)
		*ret_kind = VERIFY_BAD_REVERSAL;
	else if (wanted > 1 || other > 1 || (wanted == 1 && other > 0))
		*ret_kind = VERIFY_TWICE;
	else if (day->kind == 0 && wanted + other > 0)
		*ret_kind = VERIFY_EXTRA;
	else if (day->kind != 0 && wanted == 0)
		*ret_kind = VERIFY_MISSING;
	else if (day->expected != day->posted)
		*ret_kind = VERIFY_WRONG_AMOUNT;
	else
		return 0;
	return 1;
}

/* Days in a row that differ alike are one difference. */
static void compare(const struct stream *stream)
{
	struct verify_difference open = { .from = VERIFY_NO_DAY };
	for (int32_t at = 0; at < stream->span; at++) {
		const struct verify_day *day = &stream->days[at];
		enum verify_kind kind = VERIFY_MISSING;
		int is = differs(day, &kind);
		stream->result->days += day->kind != 0 || day->accruals != 0 || day->notices != 0;
		if (open.from != VERIFY_NO_DAY && (!is || kind != open.kind)) {
			report(stream, &open);
			open.from = VERIFY_NO_DAY;
		}
		if (is && open.from == VERIFY_NO_DAY)
			open = (struct verify_difference){ kind, stream->line_id, stream->first + at, 0, 0, 0, 0 };
		if (!is)
			continue;
		open.to = stream->first + at + 1;
		open.expected += day->expected;
		open.posted += day->posted;
	}
	if (open.from != VERIFY_NO_DAY)
		report(stream, &open);
}

/* The sum of the days that stand. */
static int64_t verify_stream(struct stream *stream, const char *line_id, const struct verify_line *line)
{
	const struct verify_agreement *agreement = stream->agreement;
	int64_t sum = 0;
	stream->line_id = line_id;
	memset(stream->days, 0, (size_t)stream->span * sizeof *stream->days);
	if (strcmp(line_id, FEE) == 0)
		expect_fee(stream);
	else if (line != NULL && !line->withdrawn)
		expect_line(stream, line);
	for (size_t i = 0; i < agreement->posting_count; i++)
		if (strcmp(agreement->postings[i].line_id, line_id) == 0)
			stand(stream, &agreement->postings[i]);
	compare(stream);
	for (int32_t at = 0; at < stream->span; at++)
		sum += stream->days[at].posted;
	return sum;
}

static int is_first_of_its_line(const struct verify_agreement *agreement, size_t at)
{
	for (size_t i = 0; i < agreement->line_count; i++)
		if (strcmp(agreement->lines[i].id, agreement->postings[at].line_id) == 0)
			return 0;
	for (size_t i = 0; i < at; i++)
		if (strcmp(agreement->postings[i].line_id, agreement->postings[at].line_id) == 0)
			return 0;
	return strcmp(agreement->postings[at].line_id, FEE) != 0;
}

void finance_verify(const struct verify_agreement *agreement, struct verify_day *days, int32_t first, int32_t span,
                    struct verify_result *result)
{
	struct stream stream = { agreement, FEE, days, first, span, result };
	int64_t pence = 0, sum = verify_stream(&stream, FEE, NULL);
	for (size_t i = 0; i < agreement->line_count; i++)
		if (i + 1 == agreement->line_count || strcmp(agreement->lines[i].id, agreement->lines[i + 1].id) != 0)
			sum += verify_stream(&stream, agreement->lines[i].id, &agreement->lines[i]);
	for (size_t i = 0; i < agreement->posting_count; i++) {
		pence += agreement->postings[i].pence;
		if (is_first_of_its_line(agreement, i))
			sum += verify_stream(&stream, agreement->postings[i].line_id, NULL);
	}
	result->pence += pence;
	stream.line_id = FEE;
	if (sum != pence)
		report(&stream, &(struct verify_difference){ VERIFY_BAD_TOTAL, FEE, agreement->start, first + span, sum, pence, 0 });
}

int32_t finance_verify_span(const struct verify_agreement *agreement, int32_t *ret_first)
{
	int32_t first = agreement->start, last = later(agreement->posted_to, agreement->start);
	if (agreement->end != VERIFY_NO_DAY)
		last = later(last, agreement->end + agreement->notice);
	for (size_t i = 0; i < agreement->line_count; i++) {
		first = sooner(first, agreement->lines[i].from);
		last = later(last, later(agreement->lines[i].from + 1, agreement->lines[i].posted_to));
		last = later(last, agreement->lines[i].until);
	}
	for (size_t i = 0; i < agreement->posting_count; i++) {
		first = sooner(first, agreement->postings[i].from);
		last = later(last, agreement->postings[i].to);
	}
	*ret_first = first;
	return last - first > VERIFY_DAYS_MOST ? -1 : last - first;
}
