/* test_bad_values.c: values that a contract's types allow and sense does not: 2023-02-30, negative money, texts that are
 * no code, no id, no key. Every field of every request of the five services, one spoilt at a time in a request that is
 * otherwise good: INVALID_ARGUMENT, the field's name, nothing written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/check_main.h"
#include "catalogue.h"
#include "fields.h"
#include "tables.h"
#include "world.h"

static struct suite *suite;
static char long_text[301];

static void start_suite(void)
{
	memset(long_text, 'A', sizeof long_text - 1);
	suite = suite_start(&(struct suite_options){ .clock = WORLD_CLOCK });
	if (!suite)
		abort();
}

static void stop_suite(void)
{
	if (suite_stop(&suite) != 0)
		abort();
}

/* ---- what would be wrong in each field ---- */

static const char *const no_ids[] = { "not-a-uuid", "0190b3c2-7d1e-7abc-8def-0123456789a",
	"0190b3c2-7d1e-7abc-8def-0123456789abc", "0190b3c2_7d1e_7abc_8def_0123456789ab", "' OR 1=1 --", NULL };
static const char *const no_dates[] = { "2023-02-30", "2023-13-01", "2023-00-10", "2023-2-3", "30/02/2023", "20230203",
	"2023-02-03T00:00:00Z", " 2023-02-03", "today", NULL };
static const char *const no_codes[] = { "no such!", "\xc3\xa4\xc3\xb6\xc3\xbc", "'; DROP TABLE child; --", long_text, NULL };
static const char *const too_long[] = { long_text, NULL };
static const char *const no_tokens[] = { "not one of ours!", "====", NULL };
static const char *const no_money[] = { "-1", "-9223372036854775808", "9223372036854775807", "100000000001", NULL };
static const char *const no_counts[] = { "-1", "9223372036854775807", "100000", NULL };
static const char *const no_cursors[] = { "-1", "-9223372036854775808", NULL };
static const char *const below_now[] = { "-2", "-9223372036854775808", NULL };
static const char *const no_marks[] = { "0", "-1", NULL };
static const char *const no_reasons[] = { "", long_text, NULL };
static const char *const no_grids[] = { "-1", "1300001", "2147483647", NULL };
static const char *const no_numbers[] = { "-1", "2147483647", "-2147483648", NULL };
static const char *const no_years[] = { "-1", "1999", "2200", NULL };
static const char *const no_miles[] = { "-1", "-0.1", "1e300", "1001", NULL };

/* A field by its name, within a message of this type ("": any); NULL: anything goes. */
static const struct rule {
	const char *message, *field;
	const char *const *wrong;
} rules[] = {
	{ "OfstedRow", "urn", NULL }, { "OfstedRow", "overall_outcome", NULL }, { "OfstedRow", "event_type", NULL },
	{ "MatchWeight", "value", no_numbers }, { "MatchWeight", "rationale", no_reasons }, { "", "referral_ids", no_ids },
	{ "GetMatchWeightsRequest", "version", no_codes },
	{ "Money", "pence", no_money }, { "Count", "value", no_counts }, { "Distance", "miles", no_miles },
	{ "GridReference", "easting", no_grids }, { "GridReference", "northing", no_grids },
	{ "PersonalDate", "value", no_dates }, { "ExternalId", "system", no_codes }, { "ExternalId", "id", too_long },
	{ "", "sibling_referral_ids", no_ids }, { "", "referral_ids", no_ids }, { "", "version", no_codes },
	{ "MatchWeight", "value", no_numbers }, { "", "rationale", NULL }, { "", "update_mask", no_codes }, { "", "purpose", no_codes },
	{ "", "home_kinds", no_codes }, { "", "placement_kinds", no_codes }, { "", "needed_by", no_dates },
	{ "", "planned_start", no_dates }, { "", "planned_end", no_dates },
	{ "", "start_date", no_dates }, { "", "end_date", no_dates }, { "", "from_date", no_dates }, { "", "to_date", no_dates },
	{ "", "date", no_dates }, { "", "decom", no_dates }, { "", "dec", no_dates }, { "", "sex", no_codes },
	{ "", "placement_type", no_codes }, { "", "legal_status", no_codes }, { "", "reason", no_codes },
	{ "", "category_of_need", no_codes }, { "", "move_reason", no_codes }, { "", "end_code", no_codes },
	{ "", "why", no_codes }, { "", "rne", no_codes }, { "", "ls", no_codes }, { "", "cin", no_codes },
	{ "", "place", no_codes }, { "", "place_provider", no_codes }, { "", "rec", no_codes },
	{ "", "reason_place_change", no_codes }, { "", "urn", too_long }, { "", "code", no_codes },
	{ "", "provider_code", no_codes }, { "", "own_authority", no_codes }, { "", "area_authority", no_codes },
	{ "", "outward", no_codes }, { "", "home_outward", no_codes }, { "", "place_outward", no_codes },
	{ "", "set", no_codes }, { "", "system", too_long }, { "", "name", too_long }, { "", "provider_name", too_long },
	{ "", "provider_key", too_long }, { "", "home_key", too_long }, { "", "child", too_long }, { "", "worker", too_long },
	{ "", "page_token", no_tokens }, { "", "page_size", no_numbers }, { "", "wait_ms", no_numbers },
	{ "", "hold_hours", no_numbers }, { "", "places", no_numbers }, { "", "children", no_numbers },
	{ "", "return_year", no_years },
	{ "", "within_days", no_numbers }, { "", "type", no_codes }, { "", "suitability_reason", no_codes },
	{ "", "assessed_on", no_dates }, { "", "assessor", too_long }, { "", "adviser_id", too_long },
	{ "", "in_touch", no_codes }, { "", "activity", no_codes },
	{ "", "financial_year", no_years }, { "", "as_of", no_dates }, { "", "cost_type", no_codes },
	{ "", "taken_on", no_dates }, { "", "until_date", no_dates }, { "", "reference", too_long }, { "", "authority", no_codes },
	{ "", "part", no_codes }, { "", "categories", no_codes }, { "", "area_authorities", no_codes }, { "", "lot", no_codes },
	{ "", "home_kind", no_codes }, { "", "band", no_codes }, { "", "issued", no_dates }, { "", "expires", no_dates },
	{ "", "expires_before", no_dates }, { "", "sha256", no_codes },
	{ "", "vintage", no_dates }, { "", "keys", too_long }, { "", "adjoining", no_codes },
	{ "", "postcode", no_codes }, { "", "council", no_codes }, { "", "terminated", no_dates },
	{ "", "kinds", no_codes }, { "", "decided_on", no_dates }, { "", "decided_by", no_codes },
	{ "", "source", too_long }, { "", "basis", no_codes }, { "", "child_ids", no_ids }, { "", "kind", no_codes },
	{ "", "extension", no_codes }, { "", "result", no_codes }, { "", "stage", no_codes }, { "", "held_on", no_dates },
	{ "", "enquired_on", no_dates }, { "", "enquiry_source", no_codes }, { "", "label", too_long },
	{ "", "satellite_home_ids", no_ids }, { "", "by", no_codes },
	{ "", "planned_open", no_dates }, { "", "opened", no_dates }, { "", "free", no_numbers },
	{ "", "register", no_codes }, { "", "status", no_codes },
	{ "", "inspection_type", no_codes }, { "", "inspected", no_dates }, { "", "published", no_dates },
	{ "", "overall_outcome", no_codes }, { "", "on_date", no_dates }, { "", "by_date", no_dates },
	{ "", "group_name", too_long }, { "", "registered_from", no_dates }, { "", "registered_until", no_dates },
	{ "", "supported_category", no_codes }, { "", "capabilities", no_codes }, { "", "excluded_risks", no_codes },
	{ "HomeRow", "annexe_of", too_long }, { "", "annexe_of", no_ids },
	{ "", "manager", no_codes },
	/* Words of a published list: what is not understood of a row is reported. */
	{ "", "line", no_numbers }, { "OfstedRow", "provision_type", NULL }, { "OfstedRow", "sector", NULL },
	{ "OfstedRow", "registration_date", NULL }, { "OfstedRow", "registration_status", NULL },
	{ "OfstedRow", "date_closed", NULL }, { "OfstedRow", "organisation", NULL }, { "OfstedRow", "local_authority", NULL },
	{ "OfstedRow", "inspection_date", NULL },
	/* Compared, never stored. */
	{ "", "etag", NULL }, { "", "wait_etag", NULL },
};

static const struct rule *rule_of(const struct field_path *path)
{
	static const struct rule id = { "", "", no_ids };
	const char *name = field_leaf(path)->name;
	const ProtobufCMessageDescriptor *in = path->depth > 1 ? path->fields[path->depth - 2]->descriptor : NULL;
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
		if (strcmp(rules[i].field, name) == 0 &&
		    (rules[i].message[0] == '\0' || (in != NULL && strcmp(rules[i].message, in->short_name) == 0)))
			return &rules[i];
	size_t size = strlen(name);
	return size > 3 && strcmp(name + size - 3, "_id") == 0 ? &id : NULL;
}

/* ---- spoiling ---- */

struct spoil {
	const struct world *world;
	const struct catalogue_row *row;
	size_t tried;
};

static json_t *value_of(const ProtobufCFieldDescriptor *leaf, const char *wrong)
{
	if (leaf->type == PROTOBUF_C_TYPE_STRING || leaf->type == PROTOBUF_C_TYPE_INT64)
		return json_string(wrong);
	if (leaf->type == PROTOBUF_C_TYPE_DOUBLE)
		return json_real(strtod(wrong, NULL));
	return json_integer(strtoll(wrong, NULL, 10));
}

/* Without the places in lists. */
static void bare(const char *name, char ret_bare[256])
{
	for (; *name != '\0'; name++) {
		if (*name == '[')
			name += strcspn(name, "]");
		else
			*ret_bare++ = *name;
	}
	*ret_bare = '\0';
}

/* The field itself or a message that holds it: "date_of_birth" for date_of_birth.value. */
static bool names(const char *field, const struct field_path *path)
{
	char said[256], wanted[256];
	bare(field, said);
	bare(field_name(path, false), wanted);
	size_t size = strlen(said);
	return size > 0 && strncmp(said, wanted, size) == 0 && (wanted[size] == '\0' || wanted[size] == '.');
}

static bool is_personal(const struct field_path *path)
{
	return path->depth > 1 && strcmp(path->fields[path->depth - 2]->name, "date_of_birth") == 0;
}

/* Another system's key is good but for the part that is tried. */
static void complete_key(json_t *request, const struct field_path *path)
{
	const ProtobufCMessageDescriptor *in = path->depth > 1 ? path->fields[path->depth - 2]->descriptor : NULL;
	if (in == NULL || strcmp(in->short_name, "ExternalId") != 0)
		return;
	struct field_path part = *path;
	for (unsigned i = 0; i < in->n_fields; i++) {
		part.fields[part.depth - 1] = &in->fields[i];
		field_set(request, &part, json_string("mosaic"));
	}
}

static void try_value(const struct spoil *spoil, const struct field_path *path, const char *wrong)
{
	const char *name = field_name(path, false), *method = spoil->row->method;
	char *text = world_fill(spoil->world, spoil->row->request);
	json_t *request = json_loads(text, 0, NULL);
	free(text);
	ck_assert_ptr_nonnull(request);
	bool matches = strcmp(method, "FindHomes") == 0 || strcmp(method, "MatchHomes") == 0 || strcmp(method, "ExplainHome") == 0;
	if (matches && strncmp(name, "needs", 5) == 0)
		json_object_del(request, "referralId");        /* a referral's needs or these, not both */
	complete_key(request, path);
	field_set(request, path, value_of(field_leaf(path), wrong));
	text = json_dumps(request, JSON_COMPACT);
	json_decref(request);
	struct world_answer answer = world_ask(suite, spoil->world->authority, spoil->row, text, NULL);
	ck_assert_msg(answer.reply == NULL, "%s took %s = %.60s", method, name, wrong);
	ck_assert_msg(answer.status.code == HEARTH_INVALID_ARGUMENT, "%s, %s = %.60s: %s %s", method, name, wrong,
	              answer.status.reason, answer.status.message);
	ck_assert_msg(names(answer.status.field, path), "%s, %s = %.60s: names \"%s\": %s", method, name, wrong,
	              answer.status.field, answer.status.message);
	ck_assert_str_ne(answer.status.message, "");
	if (is_personal(path))
		ck_assert_msg(strstr(answer.status.message, wrong) == NULL, "%s repeats a birth date: %s", method,
		              answer.status.message);
	free(text);
}

static void spoil_field(void *data, const struct field_path *path)
{
	struct spoil *spoil = data;
	const ProtobufCFieldDescriptor *leaf = field_leaf(path);
	if (leaf->type == PROTOBUF_C_TYPE_MESSAGE || leaf->type == PROTOBUF_C_TYPE_ENUM || leaf->type == PROTOBUF_C_TYPE_BOOL)
		return;
	const struct rule *rule = rule_of(path);
	ck_assert_msg(rule != NULL, "%s: what would be wrong in %s?", spoil->row->method, field_name(path, false));
	for (const char *const *wrong = rule->wrong; wrong != NULL && *wrong != NULL; wrong++) {
		try_value(spoil, path, *wrong);
		spoil->tried++;
	}
}

static void spoil_service(const char *service, const char *authority)
{
	struct world world;
	struct spoil spoil = { .world = &world };
	world_build(&world, suite, authority, NULL, false);
	pid_t pid = suite_pid(suite, service, 0);
	char *before = tables_print(suite, NULL);
	for (spoil.row = catalogue; spoil.row->method != NULL; spoil.row++)
		if (strcmp(spoil.row->service, service) == 0 && strstr(spoil.row->contract->name, service) != NULL)
			fields_walk(catalogue_method(spoil.row)->input, spoil_field, &spoil);
	ck_assert_uint_gt(spoil.tried, 10);
	tables_settle(suite);
	char *after = tables_print(suite, NULL);
	tables_assert_same(before, after, service);
	ck_assert_int_eq(suite_pid(suite, service, 0), pid);
	ck_assert(suite_runs(suite, service, 0));
	free(before);
	free(after);
}

START_TEST(placements_refuses_each_senseless_value)
{
	spoil_service("placements", "921");
}
END_TEST

START_TEST(providers_refuses_each_senseless_value)
{
	spoil_service("providers", "922");
}
END_TEST

START_TEST(referrals_refuses_each_senseless_value)
{
	spoil_service("referrals", "923");
}
END_TEST

START_TEST(finance_refuses_each_senseless_value)
{
	spoil_service("finance", "924");
}
END_TEST

START_TEST(careleavers_refuses_each_senseless_value)
{
	spoil_service("careleavers", "925");
}
END_TEST

/* ---- what every process answers ---- */

/* Methods of the runtime: a field, and what is no value of it. A field that stands here without values is compared, never
 * stored, or its time's parts are JSON's; every other field must be here. */
static const struct {
	const char *method, *field;
	const char *const *wrong;
} common[] = {
	{ "Check", "service", NULL }, { "SetClock", "now.seconds", NULL }, { "SetClock", "now.nanos", NULL },
	{ "GetDescriptors", "known_hash", NULL },
	{ "Pull", "epoch", NULL }, { "Pull", "after", no_cursors }, { "Pull", "page_size", no_numbers },
	{ "Pull", "consumer", no_codes }, { "Pull", "applied", no_cursors },
	{ "Watch", "epoch", NULL }, { "Watch", "after", below_now }, { "Watch", "page_size", no_numbers },
	{ "Watch", "wait_ms", no_numbers }, { "Watch", "authority", NULL }, { "GetPosition", "after", no_cursors },
	{ "Snapshot", "after", too_long }, { "Snapshot", "page_size", no_numbers },
	{ "ListParked", "source", NULL }, { "ListParked", "page_size", no_numbers }, { "ListParked", "page_token", no_tokens },
	{ "GetParked", "id", NULL }, { "RetryParked", "id", NULL }, { "SkipParked", "id", NULL },
	{ "SkipParked", "why", no_reasons }, { "Bootstrap", "source", no_codes },
	{ "ListEntries", "subject", too_long }, { "ListEntries", "authority", NULL }, { "ListEntries", "actor", too_long },
	{ "ListEntries", "since.seconds", NULL }, { "ListEntries", "since.nanos", NULL },
	{ "ListEntries", "until.seconds", NULL }, { "ListEntries", "until.nanos", NULL },
	{ "ListEntries", "after", no_cursors }, { "ListEntries", "through", no_cursors },
	{ "ListEntries", "page_size", no_numbers }, { "ListEntries", "page_token", no_tokens },
	{ "ListSeals", "page_size", no_numbers }, { "ListSeals", "page_token", no_tokens }, { "GetMarks", "no", no_marks },
};

static void spoil_common_field(void *data, const struct field_path *path)
{
	struct spoil *spoil = data;
	size_t i = 0;
	if (field_leaf(path)->type == PROTOBUF_C_TYPE_MESSAGE)
		return;
	while (i < sizeof common / sizeof common[0] && (strcmp(common[i].method, spoil->row->method) != 0 ||
	                                                strcmp(common[i].field, field_name(path, false)) != 0))
		i++;
	ck_assert_msg(i < sizeof common / sizeof common[0], "%s: what would be wrong in %s?", spoil->row->method,
	              field_name(path, false));
	for (const char *const *wrong = common[i].wrong; wrong != NULL && *wrong != NULL; wrong++, spoil->tried++)
		try_value(spoil, path, *wrong);
}

START_TEST(what_every_process_answers_refuses_each_senseless_value)
{
	struct world world;
	struct spoil spoil = { .world = &world };
	world_build(&world, suite, "927", NULL, false);
	char *before = tables_print(suite, NULL);
	for (spoil.row = catalogue; spoil.row->method != NULL; spoil.row++)
		if (strstr(spoil.row->contract->name, spoil.row->service) == NULL)
			fields_walk(catalogue_method(spoil.row)->input, spoil_common_field, &spoil);
	ck_assert_uint_gt(spoil.tried, 5 * 40);
	tables_settle(suite);
	char *after = tables_print(suite, NULL);
	tables_assert_same(before, after, "what every process answers");
	free(before);
	free(after);
}
END_TEST

/* ---- well formed, and unknown ---- */

static const struct {
	const char *service, *method, *request;
	enum hearth_code code;
	const char *reason, *field;
} unknown[] = {
	{ "placements", "PlanPlacement", "{'childId':'$child','plannedStart':'2024-06-03','placementType':'Z9'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_PLACE", "placement_type" },
	{ "placements", "PlanPlacement", "{'childId':'$child','plannedStart':'2024-06-03','legalStatus':'Z9'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_LEGAL_STATUS", "legal_status" },
	{ "placements", "PlanPlacement", "{'childId':'0190b3c2-7d1e-7abc-8def-0123456789ab','plannedStart':'2024-06-03'}",
	  HEARTH_NOT_FOUND, "CHILD_NOT_FOUND", "child_id" },
	{ "placements", "StartPlacement", "{'placementId':'$planned','startDate':'2024-06-03','categoryOfNeed':'N99'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_NEED", "category_of_need" },
	{ "placements", "StartPlacement", "{'placementId':'$planned','startDate':'2024-06-03','moveReason':'NOCODE'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_MOVE_REASON", "move_reason" },
	{ "placements", "StartPlacement", "{'placementId':'$planned','startDate':'2024-06-04'}", HEARTH_INVALID_ARGUMENT,
	  "INVALID_FIELD", "start_date" },
	{ "placements", "MovePlacement", "{'placementId':'$placement','date':'2024-06-03','reason':'NOCODE'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_REASON", "reason" },
	{ "placements", "EndPlacement", "{'placementId':'$placement','endDate':'2024-06-03','reason':'NOCODE'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_REASON", "reason" },
	{ "placements", "EndPlacement", "{'placementId':'$placement','endDate':'2024-06-03','leftCare':true,'endCode':'E99'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_END_CODE", "end_code" },
	{ "placements", "EndPlacement", "{'placementId':'$placement','endDate':'2024-05-01','reason':'CARPL'}",
	  HEARTH_INVALID_ARGUMENT, "END_BEFORE_START", "end_date" },
	{ "placements", "BreakDown", "{'placementId':'$placement','endDate':'2024-06-03','reason':'CARPL'}",
	  HEARTH_INVALID_ARGUMENT, "NOT_A_BREAKDOWN", "reason" },
	{ "placements", "VaryPlacement", "{'placementId':'$placement','fromDate':'2024-01-01','weeklyFee':{'pence':'1'}}",
	  HEARTH_INVALID_ARGUMENT, "BEFORE_START", "from_date" },
	{ "placements", "SetPlannedEnd", "{'placementId':'$placement','plannedEnd':'2024-01-01'}", HEARTH_INVALID_ARGUMENT,
	  "PLANNED_BEFORE_START", "planned_end" },
	{ "placements", "ImportEpisodes", "{'episodes':[{'child':'nobody','decom':'2022-05-01','returnYear':2023}]}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_CHILD", "episodes" },
	{ "placements", "ImportEpisodes", "{'episodes':[{'child':'77','decom':'2022-05-01','ls':'Z9','returnYear':2023}]}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_CODE", "episodes" },
	{ "placements", "ImportEpisodes", "{'episodes':[{'child':'77','decom':'2022-05-01','dec':'2022-05-01','returnYear':2023}]}",
	  HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "episodes[0].dec" },
	{ "placements", "CreateChild", "{'externalIds':[{'system':'mosaic','id':'C-1'}]}", HEARTH_ALREADY_EXISTS,
	  "EXTERNAL_ID_TAKEN", "external_id" },
	{ "referrals", "AcceptOffer", "{'offerId':'$offer'}", HEARTH_FAILED_PRECONDITION, "WRONG_STATE", "" },
	{ "referrals", "OpenReferral", "{'referralId':'$open'}", HEARTH_FAILED_PRECONDITION, "WRONG_STATE", "" },
	{ "referrals", "UpsertReferral", "{'externalId':{'system':'mosaic','id':'new'},'urgency':'URGENT'}",
	  HEARTH_INVALID_ARGUMENT, "CHILD_ID_MISSING", "child_id" },
	{ "referrals", "UpsertReferralExternalId", "{'referralId':'$open','externalId':{'system':'mosaic','id':'R-1'}}",
	  HEARTH_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN", "external_id" },
	{ "referrals", "LinkSiblings", "{'referralId':'$open','siblingReferralIds':['$open']}", HEARTH_INVALID_ARGUMENT,
	  "INVALID_FIELD", "sibling_referral_ids" },
	{ "providers", "UpsertHome", "{'providerId':'0190b3c2-7d1e-7abc-8def-0123456789ab','kind':'FOSTERING'}",
	  HEARTH_FAILED_PRECONDITION, "PROVIDER_UNKNOWN", "provider_id" },
	{ "providers", "ReleaseHold", "{'holdId':'$hold'}", HEARTH_FAILED_PRECONDITION, "WRONG_STATE", "" },
	{ "placements", "EndCare", "{'childId':'$child4','endDate':'2024-06-03','endCode':'E99'}", HEARTH_INVALID_ARGUMENT,
	  "UNKNOWN_END_CODE", "end_code" },
	{ "placements", "UpsertChildExternalId", "{'childId':'$child2','externalId':{'system':'mosaic','id':'C-1'}}",
	  HEARTH_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN", "external_id" },
	{ "careleavers", "RecordAccommodation", "{'childId':'$child3','type':'Q','fromDate':'2024-05-01'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_TYPE", "type" },
	{ "careleavers", "RecordAccommodation", "{'childId':'$child3','type':'U','fromDate':'2024-05-01',"
	  "'suitability':'UNSUITABLE','assessedOn':'2024-05-01'}", HEARTH_INVALID_ARGUMENT, "REASON_MISSING",
	  "suitability_reason" },
	{ "careleavers", "RecordAccommodation", "{'childId':'$child3','type':'U','fromDate':'2024-05-01',"
	  "'suitability':'UNSUITABLE','suitabilityReason':'NONE','assessedOn':'2024-05-01'}", HEARTH_INVALID_ARGUMENT,
	  "UNKNOWN_SUITABILITY_REASON", "suitability_reason" },
	{ "careleavers", "RecordAccommodation", "{'childId':'$child3','type':'W','fromDate':'2024-05-01',"
	  "'suitability':'SUITABLE','assessedOn':'2024-05-01'}", HEARTH_INVALID_ARGUMENT, "REASON_MISSING",
	  "suitability_reason" },
	{ "careleavers", "RecordAccommodation", "{'childId':'$child3','type':'X','fromDate':'2024-05-01',"
	  "'suitability':'SUITABLE','suitabilityReason':'SAFE','assessedOn':'2024-05-01'}", HEARTH_INVALID_ARGUMENT,
	  "NEVER_SUITABLE", "suitability" },
	{ "careleavers", "RecordAccommodation", "{'childId':'$child3','accommodationId':'$pathway','type':'U',"
	  "'fromDate':'2024-05-01'}", HEARTH_NOT_FOUND, "RECORD_NOT_FOUND", "" },
	{ "careleavers", "RecordPathwayEvent", "{'childId':'$child3','kind':'CONTACT','date':'2024-05-01','inTouch':'ZZ'}",
	  HEARTH_INVALID_ARGUMENT, "UNKNOWN_IN_TOUCH", "in_touch" },
	{ "careleavers", "RecordPathwayEvent", "{'childId':'$child3','kind':'CONTACT','date':'2024-05-01','inTouch':'YES',"
	  "'activity':'Z9'}", HEARTH_INVALID_ARGUMENT, "UNKNOWN_ACTIVITY", "activity" },
	{ "careleavers", "RecordCircumstance", "{'childId':'$child3','circumstanceId':'$pathway','kind':'DETAINED'}",
	  HEARTH_NOT_FOUND, "RECORD_NOT_FOUND", "" },
	{ "finance", "PriceAgreement", "{'agreementId':'$agreement','fromDate':'2024-06-01','weeklyFee':{'pence':'1'}}",
	  HEARTH_FAILED_PRECONDITION, "ALREADY_PRICED", "from_date" },
	{ "finance", "PriceAgreement", "{'agreementId':'$agreement','fromDate':'2020-06-01','weeklyFee':{'pence':'1'}}",
	  HEARTH_FAILED_PRECONDITION, "OUTSIDE_AGREEMENT", "from_date" },
	{ "finance", "RecordAgreementLine", "{'agreementId':'$agreement','costType':'CORE','unit':'WEEKLY',"
	  "'fromDate':'2024-06-01'}", HEARTH_INVALID_ARGUMENT, "CORE_IS_THE_FEE", "cost_type" },
	{ "finance", "RecordAgreementLine", "{'agreementId':'$agreement','costType':'NONE','unit':'WEEKLY',"
	  "'fromDate':'2024-06-01'}", HEARTH_INVALID_ARGUMENT, "UNKNOWN_COST_TYPE", "cost_type" },
	{ "finance", "RecordAgreementLine", "{'agreementId':'$agreement','costType':'HEALTH','unit':'WEEKLY',"
	  "'fromDate':'2020-06-01'}", HEARTH_FAILED_PRECONDITION, "LINE_OUTSIDE_AGREEMENT", "from_date" },
	{ "finance", "RecordAgreementLine", "{'agreementId':'$agreement','lineId':'$agreement2','costType':'HEALTH',"
	  "'unit':'WEEKLY','fromDate':'2024-06-01'}", HEARTH_NOT_FOUND, "LINE_NOT_FOUND", "line_id" },
	{ "finance", "GetCommitment", "{'asOf':'2024-06-04'}", HEARTH_INVALID_ARGUMENT, "INVALID_FIELD", "as_of" },
	{ "finance", "UpsertAgreementExternalId", "{'agreementId':'$agreement2','externalId':{'system':'ledger','id':'A-1'}}",
	  HEARTH_ALREADY_EXISTS, "EXTERNAL_ID_TAKEN", "external_id" },
};

START_TEST(what_is_well_formed_and_unknown_is_refused_by_reason_and_field)
{
	struct world world;
	world_build(&world, suite, "926", NULL, false);
	char *before = tables_print(suite, NULL);
	for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
		char *request = world_fill(&world, unknown[i].request);
		struct world_answer answer =
			world_ask(suite, "926", catalogue_find(unknown[i].service, unknown[i].method), request, NULL);
		ck_assert_msg(answer.reply == NULL, "%s took %s", unknown[i].method, request);
		ck_assert_msg(answer.status.code == unknown[i].code && strcmp(answer.status.reason, unknown[i].reason) == 0,
		              "%s %s: %s %s", unknown[i].method, request, answer.status.reason, answer.status.message);
		ck_assert_msg(strcmp(answer.status.field, unknown[i].field) == 0, "%s %s: field %s", unknown[i].method, request,
		              answer.status.field);
		ck_assert_str_ne(answer.status.message, "");
		free(request);
	}
	tables_settle(suite);
	char *after = tables_print(suite, NULL);
	tables_assert_same(before, after, "unknown values");
	free(before);
	free(after);
}
END_TEST

int main(void)
{
	struct check_options options = { start_suite, stop_suite, 120 };
	return CHECK_MAIN_WITH(&options, "bad values", placements_refuses_each_senseless_value,
	                       providers_refuses_each_senseless_value, referrals_refuses_each_senseless_value,
	                       finance_refuses_each_senseless_value, careleavers_refuses_each_senseless_value,
	                       what_every_process_answers_refuses_each_senseless_value,
	                       what_is_well_formed_and_unknown_is_refused_by_reason_and_field);
}
