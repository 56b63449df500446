/* test_two_authorities.c: two authorities hold the same data under the same external ids in one suite; every read of
 * every contract answers each of them with its own alone, and lists never mix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/check_main.h"
#include "../support/json_call.h"
#include "catalogue.h"
#include "tables.h"
#include "world.h"

#define FIRST "911"
#define SECOND "912"

static struct suite *suite;
static struct world worlds[2];
static char *own[2];                      /* UUIDs that stand in the rows of the one authority alone */

/* Lines of `lines` that are not in `other`. */
static char *without(const char *lines, const char *other)
{
	char *result = calloc(1, strlen(lines) + 1), *out = result, line[64];
	for (const char *at = lines; *at != '\0'; at += strcspn(at, "\n") + 1) {
		snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
		if (strstr(other, line) == NULL)
			out += sprintf(out, "%s\n", line);
	}
	return result;
}

static void start_suite(void)
{
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

/* Each test's process builds what it needs once; the second time the worlds are there already. */
static void begin(const char *first, const char *second)
{
	world_build(&worlds[0], suite, first, NULL, false);
	world_build(&worlds[1], suite, second, NULL, false);
	char *all[2] = { tables_uuids(suite, first), tables_uuids(suite, second) };
	own[0] = without(all[0], all[1]);
	own[1] = without(all[1], all[0]);
	/* The same data, but not one id of the one is the other's. */
	ck_assert_uint_eq(strlen(own[0]), strlen(all[0]));
	ck_assert_uint_eq(strlen(own[1]), strlen(all[1]));
	free(all[0]);
	free(all[1]);
}

static void end(void)
{
	free(own[0]);
	free(own[1]);
}

static size_t count_of(const char *text, const char *lines)
{
	size_t count = 0;
	char line[64];
	for (const char *at = lines; *at != '\0'; at += strcspn(at, "\n") + 1) {
		snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
		count += strstr(text, line) != NULL;
	}
	return count;
}

/* The reply to the authority of worlds[at], as text; to be freed. */
static char *read_as(int at, const struct catalogue_row *row, const char *request)
{
	struct world_answer answer = world_ask(suite, worlds[at].authority, row, request, NULL);
	ck_assert_msg(answer.reply != NULL, "%s %s: %s %s", catalogue_call_name(row), request, answer.status.reason,
	              answer.status.message);
	char *text = json_dumps(answer.reply, JSON_COMPACT);
	json_decref(answer.reply);
	return text;
}

/* Reads that hold no id of anybody's, counts and sums; and what was noted of a child, which some services never met. */
static bool is_sum(const struct catalogue_row *row)
{
	return strcmp(row->method, "CountLookedAfter") == 0 || strcmp(row->method, "GetSpend") == 0 ||
	       strcmp(row->method, "GetCommitment") == 0 || strcmp(row->method, "VerifyLedger") == 0 ||
	       strcmp(row->method, "FindHomes") == 0 || strcmp(row->method, "MatchHomes") == 0 ||
	       strcmp(row->method, "GetMatchWeights") == 0 || strcmp(row->method, "ListEntries") == 0 ||
	       strcmp(row->method, "GetContractedPlaces") == 0 ||
	       strcmp(row->method, "ListPlacePolicies") == 0;
}

START_TEST(every_read_answers_each_authority_with_its_own)
{
	size_t reads = 0;
	begin(FIRST, SECOND);
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		if (row->kind == 'W' || row->foreign == FOREIGN_SHARED)
			continue;
		size_t held[2];
		for (int at = 0; at < 2; at++) {
			char *request = world_fill(&worlds[at], row->request), *text = read_as(at, row, request);
			held[at] = count_of(text, own[at]);
			ck_assert_msg(count_of(text, own[1 - at]) == 0, "%s mixes: %.400s", catalogue_call_name(row), text);
			free(request);
			free(text);
		}
		/* Shortlists are told again when homes change: of the first, also while the second came to be. */
		bool more = strcmp(row->method, "Watch") == 0 && held[0] > held[1];
		ck_assert_msg(more || held[0] == held[1], "%s: %zu ids and %zu", catalogue_call_name(row), held[0], held[1]);
		ck_assert_msg(held[0] > 0 || is_sum(row), "%s is empty", catalogue_call_name(row));
		reads++;
	}
	ck_assert_uint_ge(reads, 25);
	end();
}
END_TEST

/* The same worlds: the same figures, whoever else is there. */
START_TEST(counts_and_sums_are_of_one_authority)
{
	static const struct { const char *service, *method, *path; json_int_t wanted; } figures[] = {
		{ "placements", "CountLookedAfter", "children", 4 },
		{ "finance", "GetSpend", "totals.totalPence", -1 },
		{ "finance", "GetSpend", "agreements", -1 },
		{ "finance", "GetCommitment", "totals.totalPence", -1 },
		{ "finance", "VerifyLedger", "postedPence", -1 },
		{ "providers", "GetOccupancy", "holds", -1 },
		{ "providers", "FindHomes", "needs.children", 1 },
	};
	begin("913", "914");
	for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
		const struct catalogue_row *row = catalogue_find(figures[i].service, figures[i].method);
		json_int_t found[2];
		for (int at = 0; at < 2; at++) {
			char *request = world_fill(&worlds[at], row->request);
			struct world_answer answer = world_ask(suite, worlds[at].authority, row, request, NULL);
			ck_assert_msg(answer.reply != NULL, "%s: %s", row->method, answer.status.message);
			size_t items = json_count_at(answer.reply, figures[i].path);
			found[at] = items > 0 ? (json_int_t)items : json_number_at(answer.reply, figures[i].path);
			json_decref(answer.reply);
			free(request);
		}
		ck_assert_msg(found[0] == found[1], "%s.%s: %lld and %lld", row->method, figures[i].path, (long long)found[0],
		              (long long)found[1]);
		ck_assert_int_gt(found[0], 0);
		if (figures[i].wanted >= 0)
			ck_assert_msg(found[0] == figures[i].wanted, "%s.%s: %lld", row->method, figures[i].path, (long long)found[0]);
	}
	end();
}
END_TEST

/* One row a page: a page's end and the next one's beginning stay within the authority. */
START_TEST(pages_of_one_row_never_cross_to_the_other_authority)
{
	static const struct { const char *service, *method, *list; } lists[] = {
		{ "placements", "ListChildren", "children" }, { "placements", "ListLookedAfter", "children" },
		{ "placements", "ListPlacements", "placements" }, { "referrals", "ListReferrals", "referrals" },
		{ "finance", "ListAgreements", "agreements" }, { "careleavers", "ListYoungPeople", "youngPeople" },
	};
	begin("915", "916");
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const struct catalogue_row *row = catalogue_find(lists[i].service, lists[i].method);
		size_t rows[2] = { 0, 0 };
		for (int at = 0; at < 2; at++) {
			char token[512] = "", request[640];
			size_t pages = 0;
			do {
				snprintf(request, sizeof request, "{\"pageSize\":1,\"pageToken\":\"%s\"}", token);
				struct world_answer answer = world_ask(suite, worlds[at].authority, row, request, NULL);
				ck_assert_msg(answer.reply != NULL, "%s: %s", row->method, answer.status.message);
				char *text = json_dumps(answer.reply, JSON_COMPACT);
				ck_assert_msg(count_of(text, own[1 - at]) == 0, "%s mixes: %.400s", row->method, text);
				rows[at] += json_count_at(answer.reply, lists[i].list);
				snprintf(token, sizeof token, "%s", json_at(answer.reply, "nextPageToken"));
				free(text);
				json_decref(answer.reply);
				ck_assert_uint_lt(++pages, 100);
			} while (token[0] != '\0');
		}
		ck_assert_msg(rows[0] == rows[1] && rows[0] > 0, "%s: %zu rows and %zu", row->method, rows[0], rows[1]);
	}
	end();
}
END_TEST

/* The catalogue's request of worlds[at] as one page of it; to be freed. */
static char *page_request(int at, const struct catalogue_row *row, int size, const char *token)
{
	char *filled = world_fill(&worlds[at], row->request);
	json_t *request = json_loads(filled, 0, NULL);
	ck_assert_ptr_nonnull(request);
	json_object_set_new(request, "pageSize", json_integer(size));
	json_object_set_new(request, "pageToken", json_string(token));
	char *text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	free(filled);
	return text;
}

/* A page token of the one in the hands of the other is a place in the other's own list. */
START_TEST(a_page_token_carries_nothing_across)
{
	begin("917", "918");
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++) {
		const ProtobufCMethodDescriptor *method = catalogue_method(row);
		if (row->foreign != FOREIGN_EMPTY ||
		    protobuf_c_message_descriptor_get_field_by_name(method->input, "page_token") == NULL)
			continue;
		char *request = page_request(0, row, 1, "");
		struct world_answer first = world_ask(suite, worlds[0].authority, row, request, NULL);
		ck_assert_msg(first.reply != NULL, "%s: %s", row->method, first.status.message);
		free(request);
		request = page_request(1, row, 0, json_at(first.reply, "nextPageToken"));
		json_decref(first.reply);
		char *text = read_as(1, row, request);
		free(request);
		ck_assert_msg(count_of(text, own[0]) == 0, "%s mixes: %.400s", row->method, text);
		free(text);
	}
	end();
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "two authorities", every_read_answers_each_authority_with_its_own,
	                       counts_and_sums_are_of_one_authority,
	                       pages_of_one_row_never_cross_to_the_other_authority, a_page_token_carries_nothing_across);
}
