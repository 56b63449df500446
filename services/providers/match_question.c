/* match_question.c: what a match is asked by: need, rules of the day, weights and areas, from the messages and the JSON head
 * of the statements, as matching reads them.
 */
#include "match.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <hearth/json.h>
#include <hearth/text.h>
#include <hearth/v1/needs.pb-c.h>

#define METRES_A_MILE 1609.3         /* as the SSDA903 guidance reckons */

/* ---- the need ---- */

static struct match_grid grid_of(const Hearth__V1__GridReference *grid)
{
	return (struct match_grid){ grid != NULL, grid ? grid->easting : 0, grid ? grid->northing : 0 };
}

static void read_risks(const Hearth__V1__Risks *risks, struct match_need *need)
{
	if (!risks)
		return;
	const Hearth__V1__Risks__Level levels[MATCH_RISKS] = {
		risks->self_harm, risks->criminal_exploitation, risks->drug_alcohol, risks->eating_disorder, risks->missing,
		risks->sexual_exploitation, risks->to_others_physical, risks->to_others_sexual, risks->to_others_fire,
		risks->to_others_animals, risks->to_others_criminal
	};
	for (unsigned i = 0; i < MATCH_RISKS; i++) {
		need->risks_known |= (uint16_t)((unsigned)(levels[i] != HEARTH__V1__RISKS__LEVEL__LEVEL_UNSPECIFIED) << i);
		need->risks |= (uint16_t)((unsigned)(levels[i] == HEARTH__V1__RISKS__LEVEL__PRESENT) << i);
	}
}

static uint32_t bit(int number)
{
	return number < 0 ? 0 : UINT32_C(1) << number;
}

/* What an answer out of a list asks of a home: answers and capabilities have the same names. */
static uint32_t asked_of(const ProtobufCEnumDescriptor *list, int answer)
{
	const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value(list, answer);
	return value ? bit(match_code(MATCH_LIST_CAPABILITY, value->name)) : 0;
}

static void read_requirements(const Hearth__V1__Requirements *asked, struct match_need *need)
{
	if (!asked)
		return;
	for (size_t i = 0; i < asked->n_communication; i++)
		need->capabilities |= asked_of(&hearth__v1__requirements__communication__descriptor,
		                               (int)asked->communication[i]);
	for (size_t i = 0; i < asked->n_support; i++)
		need->capabilities |= asked_of(&hearth__v1__requirements__support__descriptor, (int)asked->support[i]);
	if (asked->home_adaptation == HEARTH__V1__ANSWER__YES)
		need->capabilities |= bit(MATCH_CAN_ADAPTED);
	if (asked->cultural_needs == HEARTH__V1__REQUIREMENTS__CULTURAL_NEEDS__CULTURAL_NEEDS_REQUIRED ||
	    asked->cultural_needs == HEARTH__V1__REQUIREMENTS__CULTURAL_NEEDS__CULTURAL_NEEDS_OTHER)
		need->capabilities |= bit(MATCH_CAN_CULTURE);
	/* Their numbers are those of the enums of matching.h. */
	need->companions = (uint8_t)asked->companions;
	need->pets = (uint8_t)asked->pets;
	need->deprivation_of_liberty = asked->deprivation_of_liberty == HEARTH__V1__ANSWER__YES;
	need->secure_order = asked->secure_order == HEARTH__V1__ANSWER__YES;
	need->secure_approval = asked->secure_approval == HEARTH__V1__ANSWER__YES;
}

static void read_avoided(const Hearth__Providers__V1__Needs *needs, struct match_need *need)
{
	for (size_t i = 0; i < needs->n_avoid && need->avoid_count < MATCH_AVOIDS_MOST; i++) {
		const Hearth__V1__AvoidedPlace *place = needs->avoid[i];
		struct match_avoid *avoid = &need->avoid[need->avoid_count++];
		*avoid = (struct match_avoid){ .authority = match_authority(place->area_authority) };
		if (place->grid && place->miles) {
			avoid->easting = place->grid->easting;
			avoid->northing = place->grid->northing;
			avoid->metres = (int32_t)lround(place->miles->miles * METRES_A_MILE);
		}
	}
}

static uint16_t bits_of(enum match_list list, size_t count, char *const *names)
{
	uint16_t bits = 0;
	for (size_t i = 0; i < count; i++)
		bits |= (uint16_t)bit(match_code(list, names[i]));
	return bits;
}

static void read_need(struct hearth_call *call, const Hearth__Providers__V1__Needs *needs, struct match_need *need)
{
	*need = (struct match_need){
		.authority = match_authority(hearth_call_authority(call)),
		.day = match_day(hearth_call_today(call), 0),
		.now = hearth_call_now(call) / 1000000,
		.age = needs->age ? (int16_t)needs->age->value : MATCH_UNKNOWN,
		.sex = needs->sex && *needs->sex ? needs->sex[0] : 'U',
		.unaccompanied = needs->unaccompanied,
		.children = (uint16_t)(needs->children > 0 ? needs->children : 1),
		.kinds = bits_of(MATCH_LIST_KIND, needs->n_home_kinds, needs->home_kinds),
		.home = grid_of(needs->home_grid),
		.school = grid_of(needs->school_grid),
		.most_tenths = needs->most_miles ? (int32_t)lround(needs->most_miles->miles * 10) : MATCH_UNKNOWN,
		.most_pence = needs->most_weekly_fee ? needs->most_weekly_fee->pence : MATCH_UNKNOWN,
		.legal_status = bit(match_code(MATCH_LIST_LEGAL_STATUS, needs->legal_status)),
		.placement_kinds = bits_of(MATCH_LIST_PLACEMENT_KIND, needs->n_placement_kinds, needs->placement_kinds),
	};
	if (needs->recommendation) {
		need->foster = (uint8_t)needs->recommendation->fostering;
		need->residential = (uint8_t)needs->recommendation->residential;
		need->supported = (uint8_t)needs->recommendation->supported_accommodation;
	}
	read_requirements(needs->requirements, need);
	read_risks(needs->risks, need);
	read_avoided(needs, need);
}

static void read_id(const char *text, struct match_id *ret_id)
{
	struct hearth_uuid uuid;
	if (text && hearth_uuid_parse(text, &uuid) == 0)
		memcpy(ret_id->bytes, uuid.bytes, sizeof ret_id->bytes);
}

/* ---- the head ---- */

static const char *text_in(struct hearth_call *call, const json_t *head, const char *name)
{
	const char *text = json_string_value(json_object_get(head, name));
	return text ? hearth_arena_strdup(hearth_call_arena(call), text) : NULL;
}

static const char *json_in(struct hearth_call *call, const json_t *head, const char *name)
{
	json_t *value = json_object_get(head, name);
	char *text = json_is_array(value) || json_is_object(value) ? json_dumps(value, JSON_COMPACT) : NULL;
	const char *kept = text ? hearth_arena_strdup(hearth_call_arena(call), text) : NULL;
	free(text);
	return kept;
}

static void read_rule(struct hearth_call *call, const json_t *rule, struct match_law *law)
{
	const char *code = json_string_value(json_object_get(rule, "code"));
	int number = code ? match_code(MATCH_LIST_LAW, code) : -1;
	const json_t *codes = json_object_get(rule, "codes"), *one;
	size_t index;
	if (number < 0)
		return;              /* of other calls of this service */
	struct match_rule_of_law *is = &law->rules[number];
	is->source = text_in(call, rule, "source");
	is->value = (int32_t)json_integer_value(json_object_get(rule, "value"));
	json_array_foreach(codes, index, one) {
		const char *status = json_string_value(one);
		is->codes |= status ? bit(match_code(MATCH_LIST_LEGAL_STATUS, status)) : 0;
	}
}

static int read_weights(const json_t *head, struct match_weights *weights, struct hearth_status *status)
{
	const json_t *all = json_object_get(head, "weights"), *one;
	size_t index;
	json_array_foreach(all, index, one) {
		const char *code = json_string_value(json_object_get(one, "code"));
		if (!code || match_weight_set(weights, code, json_integer_value(json_object_get(one, "value"))) < 0)
			return hearth_fail(status, HEARTH_INTERNAL, "MATCH_WEIGHTS", "weight %s is not understood",
			                   code ? code : "without a code");
	}
	return 0;
}

static void read_adjoining(const json_t *head, struct match_adjoining *adjoining)
{
	const json_t *areas = json_object_get(head, "adjoining"), *one;
	size_t index;
	adjoining->known = json_array_size(areas) > 0;
	json_array_foreach(areas, index, one) {
		uint16_t code = match_authority(json_string_value(one));
		adjoining->bits[code / 64 % 16] |= UINT64_C(1) << code % 64;
	}
}

static int read_needs(struct hearth_call *call, const json_t *head, Hearth__Providers__V1__Needs *needs,
                      struct match_asked *asked, struct hearth_status *status)
{
	const json_t *kept = json_object_get(head, "needs");
	ProtobufCMessage *message = NULL;
	if (!needs && json_is_object(kept) &&
	    hearth_json_decode(hearth_call_arena(call), &hearth__providers__v1__needs__descriptor, kept, HEARTH_JSON_LENIENT,
	                       &message, status) < 0)
		return -1;
	asked->needs = needs ? needs : (Hearth__Providers__V1__Needs *)message;
	if (asked->needs)
		read_need(call, asked->needs, &asked->need);
	return 0;
}

static void read_whose(struct hearth_call *call, const json_t *head, struct match_asked *asked)
{
	asked->referral = text_in(call, head, "referralId");
	asked->child = text_in(call, head, "childId");
	asked->urgency = text_in(call, head, "urgency");
	asked->opened_us = json_integer_value(json_object_get(head, "openedUs"));
	read_id(asked->referral, &asked->need.referral);
	read_id(asked->child, &asked->need.child);
	asked->need.emergency = asked->urgency && strcmp(asked->urgency, "EMERGENCY") == 0;
}

static int read_head(struct hearth_call *call, const json_t *head, Hearth__Providers__V1__Needs *needs,
                     struct match_asked *asked, struct hearth_status *status)
{
	const json_t *rules = json_object_get(head, "rules"), *rule;
	size_t index;
	if (read_needs(call, head, needs, asked, status) < 0 || read_weights(head, &asked->weights, status) < 0)
		return -1;
	json_array_foreach(rules, index, rule)
		read_rule(call, rule, &asked->law);
	read_adjoining(head, &asked->adjoining);
	read_whose(call, head, asked);
	asked->revision = json_integer_value(json_object_get(head, "revision"));
	asked->weights_version = asked->weights.version = json_integer_value(json_object_get(head, "weightsVersion"));
	asked->weights_authority = text_in(call, head, "weightsAuthority");
	asked->actor = text_in(call, head, "actor");
	asked->as_of = json_integer_value(json_object_get(head, "asOf"));
	asked->created_us = json_integer_value(json_object_get(head, "createdUs"));
	asked->adjoining_json = json_in(call, head, "adjoining");
	asked->law_json = json_in(call, head, "rules");
	asked->day = text_in(call, head, "day");
	if (asked->day)
		asked->need.day = match_day(asked->day, asked->need.day);
	else
		asked->day = hearth_call_today(call);
	if (json_is_integer(json_object_get(head, "now")))
		asked->need.now = json_integer_value(json_object_get(head, "now"));
	asked->question = (struct match_question){ &asked->need, &asked->law, &asked->weights, &asked->adjoining };
	return 0;
}

int match_ask(struct hearth_call *call, const char *text, Hearth__Providers__V1__Needs *needs, struct match_asked *ret_asked,
              struct hearth_status *status)
{
	json_t *head = json_loads(text ? text : "{}", 0, NULL);
	if (!head)
		return hearth_fail(status, HEARTH_INTERNAL, "MATCH_HEAD", "what a match is asked by cannot be read");
	int read = read_head(call, head, needs, ret_asked, status);
	json_decref(head);
	return read;
}

int match_ask_further(struct hearth_call *call, const char *text, const struct match_asked *by, struct match_asked *ret_asked,
                      struct hearth_status *status)
{
	json_t *head = json_loads(text, 0, NULL);
	if (!head)
		return hearth_fail(status, HEARTH_INTERNAL, "MATCH_HEAD", "what a match is asked by cannot be read");
	int read = read_needs(call, head, NULL, ret_asked, status);
	if (read == 0)
		read_whose(call, head, ret_asked);
	ret_asked->question = (struct match_question){ &ret_asked->need, &by->law, &by->weights, &by->adjoining };
	json_decref(head);
	return read;
}
