/* matching.c: see matching.h: one home in full, with a sentence for each rule, note and part. Pure: values in, values out. */
#include "matching.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "matching_check.h"
#include "matching_codes.h"

static const char home_source[] = "the home's record";
static const char need_source[] = "what the referral asks for";
static const char terms_source[] = "the home's terms of approval or statement of purpose";
static const char register_source[] = "the register";
static const char council_source[] = "the council's own decision";
static const char resident_source[] = "what is recorded of who lives there";

#define NO_LAW MATCH_LAW_RULES

/* Each rule: its code; the law it rests on while that is in force, else where the limit is recorded; a sentence, unless
 * one with values is made in say_reason. */
static const struct { const char *code; enum match_law_rule law; const char *source, *text; } rules[MATCH_RULES] = {
	[MATCH_CLOSED] = { "CLOSED", NO_LAW, home_source, "The home takes no child now." },
	[MATCH_NOT_YET_OPEN] = { "NOT_YET_OPEN", NO_LAW, home_source, "The home is not open yet on that day." },
	[MATCH_REGISTRATION_LAPSED] = { "REGISTRATION_LAPSED", NO_LAW, register_source,
		"The registration or approval no longer holds on that day." },
	[MATCH_SUSPENDED_BAR] = { "SUSPENDED", NO_LAW, register_source, "The registration is suspended." },
	[MATCH_RESTRICTED] = { "RESTRICTED", MATCH_LAW_RESTRICTION_OF_ACCOMMODATION, register_source,
		"A notice restricts accommodation: no further child may be taken." },
	[MATCH_EMBARGOED] = { "EMBARGOED", NO_LAW, council_source, "The council places no further child there." },
	[MATCH_DOCUMENT_EXPIRED] = { "DOCUMENT_EXPIRED", NO_LAW, home_source, "A document that is required has expired." },
	[MATCH_NAMED_CHILDREN_ONLY] = { "NAMED_CHILDREN_ONLY", MATCH_LAW_TERMS_OF_APPROVAL, terms_source,
		"The approval is for the children whom it names and for no other." },
	[MATCH_NOT_REGISTERED_RULE] = { "NOT_REGISTERED", NO_LAW, register_source, NULL },
	[MATCH_UNDER_16_OTHER_ARRANGEMENT] = { "UNDER_16_OTHER_ARRANGEMENT", MATCH_LAW_OTHER_ARRANGEMENT_LEAST_AGE, need_source, NULL },
	[MATCH_NOT_SUPPORTED_ACCOMMODATION] = { "NOT_SUPPORTED_ACCOMMODATION", MATCH_LAW_SUPPORTED_REGISTRATION, need_source,
		"Of other arrangements only registered supported accommodation may be used for a young person under 18." },
	[MATCH_SECURE_ORDER_MISSING] = { "SECURE_ORDER_MISSING", MATCH_LAW_SECURE_ORDER, need_source,
		"A secure children's home needs an order, and none is recorded." },
	[MATCH_SECURE_TOO_YOUNG] = { "SECURE_TOO_YOUNG", MATCH_LAW_SECURE_LEAST_AGE, need_source, NULL },
	[MATCH_SHORT_BREAK_ONLY] = { "SHORT_BREAK_ONLY", MATCH_LAW_SHORT_BREAK_STATUS, terms_source,
		"The home is for short breaks; the child's legal status is another." },
	[MATCH_OUTSIDE_AGE_TERMS] = { "OUTSIDE_AGE_TERMS", MATCH_LAW_TERMS_OF_APPROVAL, terms_source, NULL },
	[MATCH_OUTSIDE_SEX_TERMS] = { "OUTSIDE_SEX_TERMS", MATCH_LAW_TERMS_OF_APPROVAL, terms_source, NULL },
	[MATCH_OUTSIDE_KIND_TERMS] = { "OUTSIDE_KIND_TERMS", MATCH_LAW_TERMS_OF_APPROVAL, terms_source,
		"The terms are for other kinds of placement." },
	[MATCH_OUTSIDE_AGE_CONDITION] = { "OUTSIDE_AGE_CONDITION", MATCH_LAW_CONDITIONS_OF_REGISTRATION, register_source,
		"A condition of the registration leaves out the child's age." },
	[MATCH_OUTSIDE_SEX_CONDITION] = { "OUTSIDE_SEX_CONDITION", MATCH_LAW_CONDITIONS_OF_REGISTRATION, register_source,
		"A condition of the registration leaves out the child's sex." },
	[MATCH_TOO_MANY_FOR_CONDITION] = { "TOO_MANY_FOR_CONDITION", MATCH_LAW_CONDITIONS_OF_REGISTRATION, register_source, NULL },
	[MATCH_TOO_MANY_CHILDREN] = { "TOO_MANY_CHILDREN", MATCH_LAW_TERMS_OF_APPROVAL, terms_source, NULL },
	[MATCH_FOSTERING_LIMIT] = { "FOSTERING_LIMIT", MATCH_LAW_FOSTERING_USUAL_LIMIT, terms_source, NULL },
	[MATCH_SIBLINGS_ONLY] = { "SIBLINGS_ONLY", MATCH_LAW_TERMS_OF_APPROVAL, terms_source,
		"The home is for brothers and sisters together." },
	[MATCH_SOLO_HOME] = { "SOLO_HOME", NO_LAW, terms_source, "The home is for one child alone." },
	[MATCH_SOLO_CHILD] = { "SOLO_CHILD", NO_LAW, need_source, NULL },
	[MATCH_CHILD_COMPANIONS] = { "CHILD_COMPANIONS", NO_LAW, need_source, NULL },
	[MATCH_RESIDENT_COMPANIONS] = { "RESIDENT_COMPANIONS", NO_LAW, resident_source,
		"One who lives there is not to live with this child: alone, or with older or younger ones only." },
	[MATCH_RISK_EXCLUDED] = { "RISK_EXCLUDED", NO_LAW, terms_source, "The home does not take a risk that is present." },
	[MATCH_PETS_THERE] = { "PETS_THERE", NO_LAW, need_source, "The child cannot live with pets, and there are pets." },
	[MATCH_NO_DEPRIVATION_OF_LIBERTY] = { "NO_DEPRIVATION_OF_LIBERTY", NO_LAW, home_source,
		"It is not recorded that the home can care for a child who is deprived of liberty." },
	[MATCH_PLACE_TO_AVOID] = { "PLACE_TO_AVOID", NO_LAW, need_source, "The home lies in a place that the child is to be kept from." },
	[MATCH_MANAGER_VACANT] = { "MANAGER_VACANT", MATCH_LAW_MANAGER_VACANCY, home_source, "The home has no manager in post." },
	[MATCH_NO_FREE_PLACE] = { "NO_FREE_PLACE", NO_LAW, home_source, "No place is free." },
	[MATCH_NOT_ENOUGH_PLACES] = { "NOT_ENOUGH_PLACES", NO_LAW, home_source, NULL },
	[MATCH_UNSUITABLE_KIND] = { "UNSUITABLE_KIND", NO_LAW, need_source, "This sort of home is recommended against." },
	[MATCH_KIND_NOT_WANTED] = { "KIND_NOT_WANTED", NO_LAW, need_source, "Another kind of home is looked for." },
	[MATCH_TOO_FAR] = { "TOO_FAR", NO_LAW, need_source, NULL },
	[MATCH_TOO_DEAR] = { "TOO_DEAR", NO_LAW, need_source, "The weekly fee is above what is set for this referral." },
};

static const struct { const char *code, *text; } notes[MATCH_NOTES] = {
	[MATCH_AGE_NOT_KNOWN] = { "AGE_UNKNOWN", "The child's age is not known: what depends on it could not be checked." },
	[MATCH_SEX_NOT_KNOWN] = { "SEX_UNKNOWN", "The child's sex is not known: the home's terms could not be checked." },
	[MATCH_DISTANCE_NOT_KNOWN] = { "DISTANCE_UNKNOWN", "The distance is not known and could not be checked." },
	[MATCH_FEE_NOT_KNOWN] = { "FEE_UNKNOWN", "The weekly fee is not known and could not be checked." },
	[MATCH_RESIDENTS_NOT_KNOWN] = { "RESIDENTS_UNKNOWN", "Whether further children live there is not known." },
	[MATCH_RESIDENT_AGE_NOT_KNOWN] = { "RESIDENT_AGE_UNKNOWN", "The age of one who lives there is not known." },
	[MATCH_AVOID_NOT_CHECKED] = { "PLACE_UNKNOWN", "Where the home lies is not known: places to avoid could not be checked." },
	[MATCH_STATUS_NOT_KNOWN] = { "LEGAL_STATUS_UNKNOWN",
		"The legal status is not known: whether the home may be used could not be checked." },
	[MATCH_RISKS_NOT_SAID] = { "RISKS_NOT_SAID", "It is not said whether a risk that the home does not take is present." },
	[MATCH_CAPABILITY_NOT_RECORDED] = { "CAPABILITY_NOT_RECORDED", "Not all that the child needs is recorded of the home." },
	[MATCH_VACANCY_STALE] = { "VACANCY_STALE", "The provider has not confirmed its vacancies lately." },
	[MATCH_NO_MANAGER] = { "NO_MANAGER", "The home has no manager in post." },
	[MATCH_RISKS_TO_CONSIDER] = { "RISKS_TO_CONSIDER",
		"A risk to others is present in the child or in one who lives there: consider them together." },
	[MATCH_MIXED_AGES] = { "MIXED_AGES", "Others than looked-after young people and care leavers may live there." },
	[MATCH_ADJOINING_NOT_KNOWN] = { "ADJOINING_UNKNOWN", "Whether the home's area adjoins the council's is not known." },
	[MATCH_AT_A_DISTANCE] = { "AT_A_DISTANCE", "The home is outside the council's area and the areas that adjoin it." },
};

static const char *const part_codes[MATCH_PARTS] = { "DISTANCE", "EDUCATION", "AREA", "RECOMMENDATION", "SIBLINGS",
	"COMPANIONS", "CAPABILITIES", "ROUTE", "FEE", "INSPECTION", "CONFIRMED" };

const char *match_rule_code(enum match_rule rule)
{
	return rules[rule].code;
}

const char *match_rule_source(enum match_rule rule, const struct match_law *law)
{
	const char *source = rules[rule].law == NO_LAW ? NULL : law->rules[rules[rule].law].source;
	return source ? source : rules[rule].source;
}

const char *match_note_code(enum match_note note)
{
	return notes[note].code;
}

const char *match_part_code(enum match_part part)
{
	return part_codes[part];
}

/* ---- sentences ---- */

__attribute__((format(printf, 2, 3)))
static void say(struct match_text *text, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text->text, sizeof text->text, format, arguments);
	va_end(arguments);
}

struct telling {
	const struct match_prepared *prepared;
	const struct match_need *need;
	const struct match_law *law;
	const struct match_home *home;
	const struct match_day *day;
	struct match_explained *to;
};

/* Which law asked for the registration: the home's terms are those of its approval when it is a foster carer's. */
static void say_registration(const struct telling *t, struct match_text *text)
{
	bool supported = t->home->kind == MATCH_SUPPORTED_ACCOMMODATION || t->home->kind == MATCH_SUPPORTED_LODGINGS;
	const char *law = t->law->rules[supported ? MATCH_LAW_SUPPORTED_REGISTRATION : MATCH_LAW_CHILDRENS_HOME_REGISTRATION].source;
	if (t->home->registration == MATCH_SUSPENDED)
		say(text, "The registration or approval is suspended.");
	else if (t->home->registered_from > t->need->day)
		say(text, "The registration or approval does not hold yet on that day.");
	else if (supported)
		say(text, "No registration as supported accommodation, nor an accepted application, is recorded.");
	else
		say(text, "No registration as a children's home is recorded%s.", t->home->has_urn ? "" : " (URN)");
	if (t->home->registration != MATCH_SUSPENDED && t->home->registered_from <= t->need->day && law)
		text->source = law;
}

static void say_age(const struct telling *t, struct match_text *text)
{
	if (t->prepared->age_low < t->home->least_age)
		say(text, "The home takes children from %d.", t->home->least_age);
	else
		say(text, "The home takes children up to %d.", t->home->most_age);
}

static void say_reason(const struct telling *t, enum match_rule rule, struct match_text *text)
{
	int together = t->day->living + t->prepared->children;
	switch (rule) {
	case MATCH_NOT_REGISTERED_RULE: say_registration(t, text); break;
	case MATCH_UNDER_16_OTHER_ARRANGEMENT:
		say(text, "%s not for a child under %" PRId32 ".", t->home->kind == MATCH_OTHER_ARRANGEMENT
			? "A setting that is not registered is" : "Supported accommodation is",
			t->law->rules[MATCH_LAW_OTHER_ARRANGEMENT_LEAST_AGE].value);
		break;
	case MATCH_SECURE_TOO_YOUNG:
		say(text, "Under %" PRId32 " a secure children's home needs the Secretary of State's approval.",
		    t->law->rules[MATCH_LAW_SECURE_LEAST_AGE].value);
		break;
	case MATCH_OUTSIDE_AGE_TERMS: say_age(t, text); break;
	case MATCH_OUTSIDE_SEX_TERMS: say(text, "The home takes %s only.", t->home->sex == 'M' ? "boys" : "girls"); break;
	case MATCH_TOO_MANY_FOR_CONDITION:
		say(text, "A condition allows at most %d children; with the need it were %d.", t->day->condition_children, together);
		break;
	case MATCH_TOO_MANY_CHILDREN:
		say(text, "At most %d children; with the need it were %d.", t->day->most_children, together);
		break;
	case MATCH_FOSTERING_LIMIT:
		say(text, "A household fosters at most %d children unless all are siblings or an exemption names the child.",
		    t->prepared->fostering_limit);
		break;
	case MATCH_SOLO_CHILD: say(text, "The child is to live alone; %d live there or have a place.", t->day->living); break;
	case MATCH_CHILD_COMPANIONS:
		say(text, "The child is to live with %s children only.", t->need->companions == MATCH_ONLY_OLDER ? "older" : "younger");
		break;
	case MATCH_NOT_ENOUGH_PLACES:
		say(text, "%d %s free, %d are needed together.", t->to->levels.offerable,
		    t->to->levels.offerable == 1 ? "place is" : "places are", t->prepared->children);
		break;
	case MATCH_TOO_FAR:
		say(text, "%d.%d miles; at most %d.%d are wanted.", t->to->tenths / 10, t->to->tenths % 10,
		    t->need->most_tenths / 10, t->need->most_tenths % 10);
		break;
	default: say(text, "%s", rules[rule].text); break;
	}
}

static void tell_reasons(const struct telling *t)
{
	struct match_explained *to = t->to;
	for (unsigned rule = 0; rule < MATCH_RULES; rule++) {
		if (!(to->out & MATCH_BIT(rule)))
			continue;
		struct match_text *text = &to->reasons[to->reason_count++];
		*text = (struct match_text){ .number = (uint8_t)rule, .code = rules[rule].code,
			.source = match_rule_source(rule, t->law) };
		/* Terms of approval are a foster carer's; of others their own statement is the source. */
		if (rules[rule].law == MATCH_LAW_TERMS_OF_APPROVAL && t->home->kind != MATCH_FOSTERING)
			text->source = rules[rule].source;
		say_reason(t, rule, text);
	}
}

/* ---- notes ---- */

static uint32_t note_child(const struct telling *t)
{
	const struct match_home *home = t->home;
	const struct match_day *day = t->day;
	bool ages = home->least_age != MATCH_UNKNOWN || home->most_age != MATCH_UNKNOWN || home->kind >= MATCH_SUPPORTED_LODGINGS ||
		home->kind == MATCH_SUPPORTED_ACCOMMODATION || day->condition_least_age != MATCH_NO_LEAST ||
		day->condition_most_age != MATCH_NO_MOST_AGE || day->must_be_above != MATCH_NO_LEAST ||
		day->must_be_below != MATCH_NO_MOST_AGE;
	uint32_t note = 0;
	if (t->need->age < 0 && ages)
		note |= 1U << MATCH_AGE_NOT_KNOWN;
	if (!t->prepared->sex && (day->sexes_out || day->condition_sexes_out))
		note |= 1U << MATCH_SEX_NOT_KNOWN;
	if (!t->need->legal_status && (home->kind == MATCH_SHORT_BREAKS ||
	                               (home->kind == MATCH_SECURE_CHILDRENS_HOME && !t->need->secure_order)))
		note |= 1U << MATCH_STATUS_NOT_KNOWN;
	if (home->excluded_risks & ~t->need->risks_known)
		note |= 1U << MATCH_RISKS_NOT_SAID;
	if (t->prepared->capabilities & ~home->capabilities)
		note |= 1U << MATCH_CAPABILITY_NOT_RECORDED;
	return note;
}

static uint32_t note_residents(const struct telling *t)
{
	const struct match_home *home = t->home;
	bool age_unknown = home->other_children > 0;
	uint16_t risks = t->need->risks;
	uint32_t note = home->other_children == MATCH_UNKNOWN ? 1U << MATCH_RESIDENTS_NOT_KNOWN : 0;
	for (unsigned i = 0; i < home->resident_count; i++) {
		age_unknown = age_unknown || home->residents[i].age < 0;
		risks |= home->residents[i].risks;
	}
	bool asked = t->need->companions == MATCH_ONLY_OLDER || t->need->companions == MATCH_ONLY_YOUNGER;
	if (age_unknown && asked)
		note |= 1U << MATCH_RESIDENT_AGE_NOT_KNOWN;
	if (t->day->living > 0 && risks & MATCH_RISKS_TO_OTHERS)
		note |= 1U << MATCH_RISKS_TO_CONSIDER;
	return note;
}

static uint32_t note_home(const struct telling *t)
{
	uint32_t note = 0;
	if (t->need->most_tenths != MATCH_UNKNOWN && t->to->tenths == MATCH_UNKNOWN)
		note |= 1U << MATCH_DISTANCE_NOT_KNOWN;
	if (t->need->most_pence != MATCH_UNKNOWN && t->to->pence == MATCH_UNKNOWN)
		note |= 1U << MATCH_FEE_NOT_KNOWN;
	for (unsigned i = 0; i < t->need->avoid_count; i++)
		if (t->need->avoid[i].authority ? !t->home->area : !t->home->grid.known)
			note |= 1U << MATCH_AVOID_NOT_CHECKED;
	if (t->to->vacancy_stale)
		note |= 1U << MATCH_VACANCY_STALE;
	if (t->home->manager_vacant)
		note |= 1U << MATCH_NO_MANAGER;
	if (t->home->supported_category == MATCH_SHARED)
		note |= 1U << MATCH_MIXED_AGES;
	if (t->to->area == MATCH_AREA_UNKNOWN && t->home->area)
		note |= 1U << MATCH_ADJOINING_NOT_KNOWN;
	if (t->to->area == MATCH_AT_DISTANCE)
		note |= 1U << MATCH_AT_A_DISTANCE;
	return note;
}

static void tell_notes(const struct telling *t)
{
	struct match_explained *to = t->to;
	to->notes = note_child(t) | note_residents(t) | note_home(t);
	for (unsigned note = 0; note < MATCH_NOTES; note++) {
		if (!(to->notes & 1U << note))
			continue;
		struct match_text *text = &to->note_texts[to->note_count++];
		*text = (struct match_text){ .number = (uint8_t)note, .code = notes[note].code, .source = home_source };
		say(text, "%s", notes[note].text);
	}
}

/* ---- parts ---- */

static const char *area_text(enum match_area area)
{
	static const char *const texts[] = { "Whether it is in the council's area or adjoins it is not known.", "In the council's area.",
		"In an area that adjoins the council's.", "Neither in the council's area nor in one that adjoins it." };
	return texts[area];
}

static void say_miles(struct match_text *text, int32_t tenths, const char *of)
{
	if (tenths == MATCH_UNKNOWN)
		say(text, "The distance from %s is not known.", of);
	else
		say(text, "%d.%d miles from %s.", tenths / 10, tenths % 10, of);
}

static void say_part(const struct telling *t, enum match_part part, struct match_text *text)
{
	const struct match_explained *to = t->to;
	const char *route = match_code_name(MATCH_LIST_ROUTE, (int)to->route);
	const char *outcome = match_code_name(MATCH_LIST_OUTCOME, t->home->outcome);
	switch (part) {
	case MATCH_PART_DISTANCE: say_miles(text, to->tenths, "the child's home"); break;
	case MATCH_PART_EDUCATION: say_miles(text, to->school_tenths, "the school"); break;
	case MATCH_PART_AREA: say(text, "%s", area_text(to->area)); break;
	case MATCH_PART_RECOMMENDATION: say(text, "What is recommended of this sort of home."); break;
	case MATCH_PART_SIBLINGS:
		say(text, to->siblings_together ? "Brothers and sisters have places together." : "Brothers or sisters who live there.");
		break;
	case MATCH_PART_COMPANIONS: say(text, "%d live there or have a place.", t->day->living); break;
	case MATCH_PART_CAPABILITIES:
		say(text, "%d of %d needs are recorded as met.",
		    __builtin_popcount(t->prepared->capabilities & t->home->capabilities), __builtin_popcount(t->prepared->capabilities));
		break;
	case MATCH_PART_ROUTE:
		if (to->tier)
			say(text, "By %s, tier %d.", route ? route : "a way that is not known", to->tier);
		else
			say(text, "By %s.", route ? route : "a way that is not known");
		break;
	case MATCH_PART_FEE:
		if (to->pence == MATCH_UNKNOWN)
			say(text, "The weekly fee is not known.");
		else
			say(text, "\xC2\xA3%" PRId64 ".%02d a week.", to->pence / 100, (int)(to->pence % 100));
		break;
	case MATCH_PART_INSPECTION: say(text, "Last inspection: %s.", outcome ? outcome : "not known"); break;
	case MATCH_PART_CONFIRMED:
		say(text, to->parts[part] ? "Vacancies were confirmed lately." : "Vacancies were not confirmed lately.");
		break;
	default: break;
	}
}

static void tell_parts(const struct telling *t)
{
	struct match_explained *to = t->to;
	for (unsigned part = 0; part < MATCH_PARTS; part++) {
		struct match_text *text = &to->part_texts[to->part_count++];
		*text = (struct match_text){ .number = (uint8_t)part, .code = part_codes[part] };
		say_part(t, part, text);
	}
}

/* ---- in full ---- */

static void tell_places(const struct telling *t)
{
	struct match_explained *to = t->to;
	uint64_t shut = MATCH_BIT(MATCH_CLOSED) | MATCH_BIT(MATCH_NOT_YET_OPEN) | MATCH_BIT(MATCH_SUSPENDED_BAR) |
		MATCH_BIT(MATCH_RESTRICTED) | MATCH_BIT(MATCH_EMBARGOED) | MATCH_BIT(MATCH_DOCUMENT_EXPIRED);
	uint64_t unregistered = MATCH_BIT(MATCH_REGISTRATION_LAPSED) | MATCH_BIT(MATCH_NOT_REGISTERED_RULE);
	match_day_levels(t->home, t->need->day, (to->out & shut) != 0, !(to->out & unregistered),
	                 (to->out & MATCH_BIT(MATCH_MANAGER_VACANT)) != 0, &to->levels);
	to->levels.for_child = to->out & ~MATCH_NUMBER_RULES ? 0 : (int16_t)match_room_for(t->prepared, t->home, t->day);
}

void match_explain(const struct match_question *question, const struct match_home *home, struct match_explained *ret_explained)
{
	struct match_prepared prepared;
	struct match_day day;
	struct match_offer offer;
	struct match_explained *to = ret_explained;
	struct telling telling = { &prepared, question->need, question->law, home, &day, to };
	int32_t tenths;
	match_prepare_for(question, match_setting(home), &prepared);
	match_day_reckon(home, question->need->day, &day);
	match_offer_reckon(home, question->need->authority, question->need->day, &offer);
	memset(to, 0, offsetof(struct match_explained, reasons));       /* the texts are as many as are counted */
	to->out = match_check(&prepared, home, &day, &offer, &tenths);
	to->area = match_area_of(question, home->area);
	to->route = offer.route;
	to->tier = offer.tier;
	to->pence = offer.pence;
	to->vacancy_stale = match_stale(question, home->vacancy_confirmed);
	to->school_tenths = match_tenths(question->need->school, home->grid);
	to->blocking_resident = match_blocking_resident(question->need, home);
	to->tenths = tenths == MATCH_FAR ? MATCH_UNKNOWN : tenths;
	to->siblings_together = !to->out && prepared.children > 1;
	if (!to->out)
		to->score = match_score(&prepared, home, &day, &offer, tenths, to->parts);
	tell_places(&telling);
	tell_reasons(&telling);
	tell_notes(&telling);
	if (!to->out)
		tell_parts(&telling);
}
