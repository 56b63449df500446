/* match_weights.c: plans of the calls about the weights of the published score.
 *
 * A version of a set is never changed: an answer that names "901/3" can be made again. The suite's own set is "default/1".
 */
#include "match.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODES_MOST 50
#define PENCE_MOST 10000000
#define TENTHS_MOST 10000

/* ---- the codes ---- */

enum unit { POINTS, TENTHS, PENCE };

static const struct { const char *code; enum unit unit; size_t offset; } codes[] = {
	{ "DISTANCE", POINTS, offsetof(struct match_weights, distance) },
	{ "DISTANCE_NONE_TENTHS", TENTHS, offsetof(struct match_weights, distance_none_tenths) },
	{ "EDUCATION", POINTS, offsetof(struct match_weights, education) },
	{ "EDUCATION_FULL_TENTHS", TENTHS, offsetof(struct match_weights, education_full_tenths) },
	{ "EDUCATION_NONE_TENTHS", TENTHS, offsetof(struct match_weights, education_none_tenths) },
	{ "IN_AREA", POINTS, offsetof(struct match_weights, in_area) },
	{ "ADJOINING", POINTS, offsetof(struct match_weights, adjoining) },
	{ "AT_DISTANCE", POINTS, offsetof(struct match_weights, at_distance) },
	{ "PREFERRED", POINTS, offsetof(struct match_weights, preferred) },
	{ "SUITABLE", POINTS, offsetof(struct match_weights, suitable) },
	{ "SIBLINGS", POINTS, offsetof(struct match_weights, siblings) },
	{ "COMPANIONS", POINTS, offsetof(struct match_weights, companions) },
	{ "CAPABILITIES", POINTS, offsetof(struct match_weights, capabilities) },
	{ "ROUTE_IN_HOUSE", POINTS, offsetof(struct match_weights, route[MATCH_IN_HOUSE]) },
	{ "ROUTE_BLOCK", POINTS, offsetof(struct match_weights, route[MATCH_BLOCK]) },
	{ "ROUTE_PREFERRED_PROVIDER", POINTS, offsetof(struct match_weights, route[MATCH_PREFERRED_PROVIDER]) },
	{ "ROUTE_FRAMEWORK", POINTS, offsetof(struct match_weights, route[MATCH_FRAMEWORK]) },
	{ "ROUTE_DYNAMIC_MARKET", POINTS, offsetof(struct match_weights, route[MATCH_DYNAMIC_MARKET]) },
	{ "ROUTE_SPOT", POINTS, offsetof(struct match_weights, route[MATCH_SPOT]) },
	{ "ROUTE_TIER", POINTS, offsetof(struct match_weights, tier) },
	{ "FEE", POINTS, offsetof(struct match_weights, fee) },
	{ "FEE_NONE_PENCE", PENCE, offsetof(struct match_weights, fee_none_pence) },
	{ "OUTCOME_OUTSTANDING", POINTS, offsetof(struct match_weights, outcome[MATCH_OUTSTANDING]) },
	{ "OUTCOME_GOOD", POINTS, offsetof(struct match_weights, outcome[MATCH_GOOD]) },
	{ "OUTCOME_REQUIRES_IMPROVEMENT", POINTS, offsetof(struct match_weights, outcome[MATCH_REQUIRES_IMPROVEMENT]) },
	{ "OUTCOME_INADEQUATE", POINTS, offsetof(struct match_weights, outcome[MATCH_INADEQUATE]) },
	{ "OUTCOME_SUPPORTED_STRONG", POINTS, offsetof(struct match_weights, outcome[MATCH_SUPPORTED_STRONG]) },
	{ "OUTCOME_SUPPORTED_INCONSISTENT", POINTS, offsetof(struct match_weights, outcome[MATCH_SUPPORTED_INCONSISTENT]) },
	{ "OUTCOME_SUPPORTED_WEAK", POINTS, offsetof(struct match_weights, outcome[MATCH_SUPPORTED_WEAK]) },
	{ "CONFIRMED", POINTS, offsetof(struct match_weights, confirmed) },
};
#define CODES (sizeof codes / sizeof codes[0])

static int find_code(const char *code, size_t *ret_at)
{
	for (size_t i = 0; i < CODES; i++)
		if (strcmp(codes[i].code, code) == 0) {
			*ret_at = i;
			return 0;
		}
	return -1;
}

static int64_t most_of(size_t at)
{
	static const int64_t most[] = { MATCH_WEIGHT_MOST, TENTHS_MOST, PENCE_MOST };
	return most[codes[at].unit];
}

int match_weight_set(struct match_weights *weights, const char *code, int64_t value)
{
	size_t at;
	if (find_code(code, &at) < 0 || value < 0 || value > most_of(at))
		return -1;
	char *field = (char *)weights + codes[at].offset;
	if (codes[at].unit == PENCE)
		memcpy(field, &value, sizeof value);
	else
		memcpy(field, &(int32_t){ (int32_t)value }, sizeof(int32_t));
	return 0;
}

/* ---- the calls ---- */


/* "901/3" or "default/1" in its parts, bound as <prefix>_authority and <prefix>_version. */
static int read_version(const char *text, const char *field, char ret_authority[4], int64_t *ret_version,
                        struct hearth_status *status)
{
	const char *slash = strchr(text, '/');
	size_t size = slash ? (size_t)(slash - text) : 0;
	bool suite = size == 7 && strncmp(text, "default", 7) == 0;
	if ((!suite && (size != 3 || strspn(text, "0123456789") != 3)) || strspn(slash + 1, "0123456789") != strlen(slash + 1) ||
	    strlen(slash + 1) < 1 || strlen(slash + 1) > 9)
		return hearth_fail_field(status, field, "%s is %s; a version of weights is wanted, as 901/3 or default/1", field, text);
	memcpy(ret_authority, suite ? "" : text, suite ? 1 : 3);
	ret_authority[suite ? 0 : 3] = '\0';
	*ret_version = strtoll(slash + 1, NULL, 10);
	return 0;
}

int providers_get_match_weights(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetMatchWeightsRequest *request = hearth_call_request(call);
	char authority[4];
	int64_t version;
	hearth_bind_null(call, "of_authority");
	hearth_bind_null(call, "of_version");
	if (!*request->version)
		return 0;
	if (read_version(request->version, "version", authority, &version, status) < 0)
		return -1;
	hearth_bind_text(call, "of_authority", authority);
	hearth_bind_int(call, "of_version", version);
	return 0;
}

static int check_weight(const Hearth__Providers__V1__SetMatchWeightsRequest *request, size_t index,
                        struct hearth_status *status)
{
	const Hearth__Providers__V1__MatchWeight *weight = request->weights[index];
	char field[48];
	size_t at;
	snprintf(field, sizeof field, "weights[%zu].code", index);
	if (find_code(weight->code, &at) < 0)
		return hearth_fail_field(status, field, "%.40s is no code of a weight: GetMatchWeights lists them", weight->code);
	for (size_t i = 0; i < index; i++)
		if (strcmp(request->weights[i]->code, weight->code) == 0)
			return hearth_fail_field(status, field, "%s stands in weights[%zu] already", weight->code, i);
	snprintf(field, sizeof field, "weights[%zu].value", index);
	if (hearth_check_range(weight->value, 0, most_of(at), field, status) < 0)
		return -1;
	snprintf(field, sizeof field, "weights[%zu].rationale", index);
	return hearth_check_text(weight->rationale, 1, 200, field, status);
}

int providers_set_match_weights(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__SetMatchWeightsRequest *request = hearth_call_request(call);
	char authority[4];
	int64_t version;
	if (read_version(request->etag, "etag", authority, &version, status) < 0 ||
	    hearth_check_range((int64_t)request->n_weights, 1, CODES_MOST, "weights", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_weights; i++)
		if (check_weight(request, i, status) < 0)
			return -1;
	/* Another council's weights are never those that this one replaces: no such version is found. */
	bool own = strcmp(authority, hearth_call_authority(call)) == 0;
	hearth_bind_text(call, "base_authority", own || !*authority ? authority : "-");
	hearth_bind_int(call, "base_version", version);
	hearth_bind_int(call, "next_version", own ? version + 1 : 1);
	return 0;
}
