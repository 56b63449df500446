/* world.c: one authority's small world. See world.h. */
#include "world.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include <hearth/arena.h>
#include <hearth/json.h>
#include <hearth/text.h>

#include "../support/json_call.h"
#include "tables.h"

/* A call of the building, and what of its reply is kept: "name=path" (several with commas). */
struct step { const char *service, *method, *request, *keep; };

#define HOME(key, more)                                                                                                  \
	"{'externalId':{'system':'world','id':'" key "'},'providerId':'$provider','name':'Fostering household 1',"           \
	"'kind':'FOSTERING','outward':'B12','grid':{'easting':400000,'northing':280000},'weeklyFee':{'pence':'70000'},"      \
	"'noticeDays':{'value':'7'},'places':40" more "}"
#define REFERRAL(child)                                                                                                  \
	"{'childId':'$" child "','urgency':'URGENT','neededBy':'2024-06-10','worker':'worker-1','needs':{'sex':'F',"         \
	"'homeKinds':['FOSTERING'],'homeGrid':{'easting':400000,'northing':281000},'children':1,'siblings':{},"              \
	"'schoolGrid':{'easting':401000,'northing':281000},'requirements':{'communication':['ESOL'],'pets':'PETS_CAN'},"     \
	"'recommendation':{'fostering':'PREFERRED'},'risks':{'missing':'NO_KNOWN_RISK'},"                                    \
	"'avoid':[{'grid':{'easting':420000,'northing':281000},'miles':{'miles':2},'reason':'SAFETY'}],"                     \
	"'legalStatus':'C2','wishes':'WISHES_RECORDED'},"                                                                    \
	"'dateOfBirth':{'value':'$born'}}"
#define OFFER(referral)                                                                                                  \
	"{'referralId':'$" referral "','homeId':'$home','providerId':'$provider','weeklyFee':{'pence':'70000'},"             \
	"'noticeDays':{'value':'7'},'startDate':'2024-06-03','placementType':'U6'}"
#define PLAN(child)                                                                                                      \
	"{'childId':'$" child "','homeId':'$home','plannedStart':'2024-06-01','placementType':'U6','legalStatus':'C2'}"

static const struct step supply_and_children[] = {
	{ "providers", "UpsertProvider", "{'externalId':{'system':'world','id':'P1'},'name':'Provider of the tests',"
	  "'code':'PR4'}", "provider=provider.id" },
	{ "providers", "UpsertHome", HOME("H1", ""), "home=home.id" },
	{ "providers", "UpsertHome", HOME("H2", ",'urn':'SC000002'"), "home2=home.id" },
	{ "providers", "UpsertHome", "{'externalId':{'system':'world','id':'S1'},'providerId':'$provider','name':'Setting 1',"
	  "'kind':'CHILDRENS_HOME','places':4,'manager':'IN_POST','capabilities':['THERAPY']}", "setting=home.id" },
	{ "providers", "RecordRegistration", "{'homeId':'$setting','register':'OFSTED','urn':'SC000003','status':'REGISTERED',"
	  "'fromDate':'2024-01-01','registeredPlaces':{'value':'4'},'source':'certificate'}", "" },
	{ "providers", "RecordInspection", "{'homeId':'$setting','register':'OFSTED','inspectionType':'FULL',"
	  "'inspected':'2024-03-01','overallOutcome':'GOOD','source':'report'}", "" },
	{ "providers", "SetBar", "{'homeId':'$setting','kind':'EMBARGO','source':'decision'}", "bar=bar.id" },
	{ "providers", "LiftBar", "{'barId':'$bar','onDate':'2024-08-01'}", "" },
	{ "providers", "EndHome", "{'homeId':'$setting','onDate':'2025-01-01'}", "" },
	{ "providers", "ImportOfsted", "{'vintage':'2024-05-31','rows':[{'line':2,'urn':'SC200001','organisation':'A company',"
	  "'provisionType':'Childrens Homes','registrationStatus':'Active'},{'line':3,'urn':'7','provisionType':'House'}]}", "" },
	{ "providers", "CloseHome", "{'homeId':'$home2'}", "" },
	{ "providers", "OpenHome", "{'homeId':'$home2'}", "" },
	{ "providers", "UpsertContract", "{'reference':'C-1','name':'A framework','kind':'FRAMEWORK','fromDate':'2024-04-01',"
	  "'lots':[{'code':'L1','homeKinds':['FOSTERING']}]}", "contract=contract.id" },
	{ "providers", "UpsertContractMember", "{'contractId':'$contract','lot':'L1','providerId':'$provider',"
	  "'tier':{'value':'1'},'fromDate':'2024-04-01'}", "" },
	{ "providers", "SetFee", "{'contractId':'$contract','lot':'L1','weeklyFee':{'pence':'70000'},'fromDate':'2024-04-01'}",
	  "" },
	{ "providers", "UpsertContract", "{'reference':'B-1','kind':'BLOCK','fromDate':'2024-04-01','lots':[{'code':'L1',"
	  "'homeKinds':['FOSTERING'],'places':{'value':'2'}}]}", "block=contract.id" },
	{ "providers", "JoinContract", "{'contractId':'$block'}", "" },
	{ "providers", "EndContract", "{'contractId':'$block','date':'2025-03-31','reason':'RELET'}", "" },
	{ "providers", "RecordDocument", "{'homeId':'$home','type':'DBS_POLICY','reference':'D-1','issued':'2024-01-01',"
	  "'expires':'2025-01-01'}", "document=document.id" },
	{ "providers", "RecordDocument", "{'homeId':'$home','type':'DBS_POLICY','reference':'D-2'}", "document2=document.id" },
	{ "providers", "WithdrawDocument", "{'documentId':'$document2','reason':'IN_ERROR'}", "" },
	{ "providers", "ConfirmVacancies", "{'homeId':'$home2','free':0}", "" },
	{ "providers", "BlockPlaces", "{'homeId':'$home2','places':1,'reason':'RESPITE'}", "kept=block.id" },
	{ "providers", "BlockPlaces", "{'homeId':'$home2','places':2,'reason':'STAFFING'}", "kept2=block.id" },
	{ "providers", "EndPlaceBlock", "{'blockId':'$kept2'}", "" },
	{ "providers", "PlanOpening", "{'homeId':'$home2','plannedOpen':'2024-09-01'}", "" },
	{ "providers", "RecordOpening", "{'homeId':'$home2','opened':'2024-06-01'}", "" },
	{ "providers", "SetPlacePolicy", "{'code':'MANAGER_VACANT_KEEPS_BACK','value':true,'source':'Policy of the tests'}", "" },
	{ "providers", "ImportHomes", "{'system':'world-csv','rows':[{'providerKey':'K1','providerName':'Provider of the file',"
	  "'homeKey':'HK1','kind':'FOSTERING','places':2}]}", "" },
	{ "providers", "ImportCouncils", "{'vintage':'2023','rows':[{'code':'999','name':'Made-up council',"
	  "'keys':['Z06000999']},{'code':'998','name':'Another made-up council'}]}", "" },
	{ "providers", "ImportAdjoining", "{'vintage':'2023','pairs':[{'authority':'998','adjoining':'997'}]}", "" },
	{ "providers", "ImportPostcodes", "{'vintage':'2023','rows':[{'postcode':'ZZ1 1AA','grid':{'easting':400001,"
	  "'northing':300001},'council':'Z06000999'}]}", "" },
	{ "placements", "CreateChild", "{'sex':'F','dateOfBirth':{'value':'$born'},'externalIds':[{'system':'mosaic',"
	  "'id':'C-1'}]}", "child=child.id" },
	{ "placements", "UpdateChild", "{'childId':'$child','updateMask':['unaccompanied'],'unaccompanied':true,"
	  "'why':'CORRECTED'}", "" },
	{ "placements", "UpsertChildExternalId", "{'childId':'$child','externalId':{'system':'social','id':'S-1'}}", "" },
	{ "placements", "UpsertChild", "{'externalId':{'system':'mosaic','id':'C-2'},'sex':'M',"
	  "'dateOfBirth':{'value':'$born'}}", "child2=child.id" },
	{ "placements", "ImportEpisodes", "{'children':[{'child':'77','sex':'M','dateOfBirth':{'value':'$born'},"
	  "'returnYear':2023}],'episodes':[{'child':'77','decom':'2022-05-01','rne':'S','ls':'C2','cin':'N1','place':'U6',"
	  "'placeProvider':'PR1','homeOutward':'B12','placeOutward':'B13','urn':'SC000001','returnYear':2023}]}", "" },
	{ "placements", "LookupChild", "{'externalId':{'system':'ssda903','id':'77'}}", "child3=child.id" },
	{ "placements", "CreateChild", "{'sex':'M','dateOfBirth':{'value':'$born'}}", "child4=child.id" },
	{ .method = NULL },
};

/* Fostering households and what is recorded of them. */
static const struct step fostering[] = {
	{ "providers", "UpsertHome", HOME("HF1", ""), "household=home.id" },
	{ "providers", "UpsertHome", HOME("HF2", ""), "household2=home.id" },
	{ "providers", "UpsertHome", HOME("HF3", ""), "household3=home.id" },
	{ "providers", "RecordApproval", "{'homeId':'$household','terms':{'leastAge':{'value':'0'},'mostAge':{'value':'17'},"
	  "'mostChildren':{'value':'3'},'kinds':['LONG_TERM']},'fromDate':'2024-02-01','source':'decision sheet'}", "" },
	{ "providers", "RecordApproval", "{'homeId':'$household2','terms':{},'fromDate':'2024-02-01','source':'decision sheet'}",
	  "" },
	{ "providers", "EndApproval", "{'homeId':'$household2','date':'2024-06-02','reason':'RESIGNED','source':'letter'}", "" },
	{ "providers", "RecordReview", "{'homeId':'$household','heldOn':'2024-05-02','result':'CONTINUED','source':'minutes'}",
	  "" },
	{ "providers", "GrantExemption", "{'homeId':'$household','basis':'SIBLINGS','childIds':['$child','$child2'],"
	  "'fromDate':'2024-06-01','source':'family'}", "exemption=exemption.id" },
	{ "providers", "EndExemption", "{'exemptionId':'$exemption','date':'2024-06-02'}", "" },
	{ "providers", "StartTemporaryApproval", "{'homeId':'$household3','childId':'$child4','kind':'CONNECTED_PERSON',"
	  "'fromDate':'2024-05-01','source':'assessment'}", "temporary=temporaryApproval.id" },
	{ "providers", "ExtendTemporaryApproval", "{'temporaryApprovalId':'$temporary','extension':'WEEKS','date':'2024-06-01'}",
	  "" },
	{ "providers", "EndTemporaryApproval", "{'temporaryApprovalId':'$temporary','date':'2024-06-02','reason':'CHILD_LEFT'}",
	  "" },
	{ "providers", "RecordFosteringEnquiry", "{'externalId':{'system':'recruit','id':'E-1'},'providerId':'$provider',"
	  "'enquirySource':'CAMPAIGN','enquiredOn':'2024-05-01'}", "enquiry=enquiry.id" },
	{ "providers", "MoveFosteringStage", "{'enquiryId':'$enquiry','stage':'INITIAL_VISIT','date':'2024-05-10'}", "" },
	{ "providers", "DeclareApprovalsKept", "{'providerId':'$provider','fromDate':'2024-02-01','source':'register'}", "" },
	{ "providers", "UpsertConstellation", "{'externalId':{'system':'bird','id':'B-1'},'providerId':'$provider',"
	  "'label':'Constellation 1','hubHomeId':'$household','satelliteHomeIds':['$household3'],'fromDate':'2024-01-01'}",
	  "constellation=constellation.id" },
	{ .method = NULL },
};

/* One child's journey from the need to a home, by events. */
static const struct step journey[] = {
	{ "referrals", "CreateReferral", REFERRAL("child"), "referral=referral.id" },
	{ "referrals", "UpdateReferral", "{'referralId':'$referral','updateMask':['worker'],'worker':'worker-2'}", "" },
	{ "referrals", "OpenReferral", "{'referralId':'$referral'}", "" },
	{ "referrals", "UpsertReferralExternalId", "{'referralId':'$referral','externalId':{'system':'mosaic','id':'R-1'}}", "" },
	{ "referrals", "UpsertReferral", "{'externalId':{'system':'mosaic','id':'R-2'},'childId':'$child2',"
	  "'urgency':'PLANNED','neededBy':'2024-07-01'}", "referral2=referral.id" },
	{ "referrals", "LinkSiblings", "{'referralId':'$referral','siblingReferralIds':['$referral2']}", "" },
	{ "referrals", "RecordOffer", OFFER("referral"), "offer=offer.id" },
	{ "referrals", "RecordOffer", OFFER("referral"), "offer2=offer.id" },
	{ "referrals", "DeclineOffer", "{'offerId':'$offer2','reason':'TOO_FAR'}", "" },
	{ "referrals", "AcceptOffer", "{'offerId':'$offer'}", "" },
	{ "referrals", "GetReferral", "{'referralId':'$referral'}", "placement=referral.placementId" },
	{ "placements", "StartPlacement", "{'placementId':'$placement','startDate':'2024-05-27','legalStatus':'C2',"
	  "'categoryOfNeed':'N1'}", "" },
	{ "placements", "GetPlacement", "{'placementId':'$placement'}", "living=placement.holdId" },
	{ "providers", "RecordMovePlan", "{'holdId':'$living','byDate':'2024-09-01'}", "" },
	{ "placements", "UpsertPlacementExternalId", "{'placementId':'$placement','externalId':{'system':'mosaic',"
	  "'id':'P-1'}}", "" },
	{ "finance", "LookupAgreement", "{'placementId':'$placement'}", "agreement=agreement.id" },
	{ "finance", "UpsertAgreementExternalId", "{'agreementId':'$agreement','externalId':{'system':'ledger','id':'A-1'}}",
	  "" },
	{ "finance", "RecordAgreementLine", "{'agreementId':'$agreement','costType':'HEALTH','unit':'WEEKLY',"
	  "'amount':{'pence':'10000'},'fromDate':'2024-05-28'}", "line=line.id" },
	{ "finance", "RecordAgreementLine", "{'agreementId':'$agreement','lineId':'$line','costType':'HEALTH','unit':'WEEKLY',"
	  "'amount':{'pence':'12000'},'fromDate':'2024-05-29'}", "" },
	{ "placements", "VaryPlacement", "{'placementId':'$placement','fromDate':'2024-06-01','weeklyFee':{'pence':'80000'}}",
	  "" },
	{ "placements", "SetPlannedEnd", "{'placementId':'$placement','plannedEnd':'2024-08-31'}", "" },
	{ .method = NULL },
};

/* Placements planned by hand: unpriced, moved, ended, cancelled, broken down. */
static const struct step by_hand[] = {
	{ "placements", "PlanPlacement", PLAN("child2"), "placement2=placement.id" },
	{ "placements", "StartPlacement", "{'placementId':'$placement2','startDate':'2024-06-01'}", "" },
	{ "finance", "LookupAgreement", "{'placementId':'$placement2'}", "agreement2=agreement.id" },
	{ "finance", "PriceAgreement", "{'agreementId':'$agreement2','fromDate':'2024-06-01','weeklyFee':{'pence':'50000'}}",
	  "" },
	{ "placements", "MovePlacement", "{'placementId':'$placement2','date':'2024-06-02','reason':'CARPL',"
	  "'noticeHours':{'value':'24'},'homeId':'$home2','weeklyFee':{'pence':'60000'},'placementType':'U6'}",
	  "placement3=placement.id" },
	{ "placements", "EndPlacement", "{'placementId':'$placement3','endDate':'2024-06-03','leftCare':true,"
	  "'endCode':'E4A'}", "" },
	{ "placements", "PlanPlacement", PLAN("child3"), "placement4=placement.id" },
	{ "placements", "CancelPlacement", "{'placementId':'$placement4'}", "" },
	{ "placements", "PlanPlacement", PLAN("child4"), "placement5=placement.id" },
	{ "placements", "StartPlacement", "{'placementId':'$placement5','startDate':'2024-06-01'}", "" },
	{ "placements", "BreakDown", "{'placementId':'$placement5','endDate':'2024-06-02','reason':'CREQB',"
	  "'noticeHours':{'value':'4'}}", "" },
	{ "placements", "CreateChild", "{'sex':'F','dateOfBirth':{'value':'$born'}}", "child5=child.id" },
	{ "placements", "PlanPlacement", PLAN("child5"), "placement6=placement.id" },
	{ "placements", "StartPlacement", "{'placementId':'$placement6','startDate':'2024-06-01'}", "" },
	{ "placements", "BreakDown", "{'placementId':'$placement6','endDate':'2024-06-02','reason':'CREQB'}", "" },
	{ "placements", "EndCare", "{'childId':'$child5','endDate':'2024-06-03','endCode':'E4A'}", "" },
	{ .method = NULL },
};

/* What people record of a young person in care. */
static const struct step leaving[] = {
	{ "careleavers", "RecordAccommodation", "{'childId':'$child3','type':'E','fromDate':'2024-05-01'}",
	  "accommodation=accommodation.id" },
	{ "careleavers", "RecordAccommodation", "{'childId':'$child3','accommodationId':'$accommodation','type':'E',"
	  "'fromDate':'2024-05-01','suitability':'SUITABLE','assessedOn':'2024-05-02','assessor':'worker-1'}", "" },
	{ "careleavers", "RecordPathwayEvent", "{'childId':'$child3','kind':'ADVISER_NAMED','date':'2024-05-01',"
	  "'adviserId':'worker-1'}", "pathway=event.id" },
	{ "careleavers", "RecordCircumstance", "{'childId':'$child3','kind':'EDUCATION','startDate':'2023-09-01'}",
	  "circumstance=circumstance.id" },
	{ .method = NULL },
};

/* Referrals in the states that a test wants to find. */
static const struct step standing[] = {
	{ "referrals", "CreateReferral", REFERRAL("child3"), "withdrawn=referral.id" },
	{ "referrals", "OpenReferral", "{'referralId':'$withdrawn'}", "" },
	{ "referrals", "WithdrawReferral", "{'referralId':'$withdrawn','reason':'NOT_NEEDED'}", "" },
	{ "referrals", "CreateReferral", REFERRAL("child3"), "open=referral.id" },
	{ "referrals", "OpenReferral", "{'referralId':'$open'}", "" },
	{ "referrals", "RecordOffer", OFFER("open"), "offer4=offer.id" },
	{ "referrals", "AcceptOffer", "{'offerId':'$offer4'}", "" },
	{ "referrals", "GetReferral", "{'referralId':'$open'}", "released=referral.placementId" },
	{ "placements", "GetPlacement", "{'placementId':'$released'}", "hold=placement.holdId" },
	{ "providers", "ReleaseHold", "{'holdId':'$hold'}", "" },
	{ "providers", "SetMatchWeights", "{'etag':'default/1','weights':[{'code':'FEE','value':1000,"
	  "'rationale':'cabinet decision of the tests'}]}", "weights=weights.version" },
	{ "providers", "MatchHomes", "{'referralId':'$open'}", "match=matchId" },
	{ "referrals", "RecordOffer", OFFER("open"), "offer3=offer.id" },
	{ "referrals", "CreateReferral", REFERRAL("child4"), "waiting=referral.id" },
	{ "referrals", "OpenReferral", "{'referralId':'$waiting'}", "" },
	{ "referrals", "RecordOffer", OFFER("waiting"), "offer5=offer.id" },
	{ "referrals", "AcceptOffer", "{'offerId':'$offer5'}", "" },
	{ "referrals", "GetReferral", "{'referralId':'$waiting'}", "planned=referral.placementId" },
	{ "placements", "GetPlacement", "{'placementId':'$planned'}", "held=placement.holdId" },
	{ .method = NULL },
};

/* ---- names ---- */

const char *world_value(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->name_count; i++)
		if (strcmp(world->names[i].name, name) == 0)
			return world->names[i].value;
	ck_abort_msg("the world knows no $%s", name);
	return NULL;
}

static void keep(struct world *world, const char *name, size_t size, const char *value)
{
	ck_assert_uint_lt(world->name_count, sizeof world->names / sizeof world->names[0]);
	snprintf(world->names[world->name_count].name, sizeof world->names[0].name, "%.*s", (int)size, name);
	snprintf(world->names[world->name_count++].value, sizeof world->names[0].value, "%s", value);
}

char *world_fill(const struct world *world, const char *request)
{
	char *text = malloc(strlen(request) * 4 + 4096), *at = text;
	for (; *request != '\0'; request++) {
		if (*request != '$') {
			*at++ = *request == '\'' ? '"' : *request;
			continue;
		}
		char name[16];
		size_t size = 0;
		while (islower((unsigned char)request[1 + size]) || isdigit((unsigned char)request[1 + size]))
			size++;
		snprintf(name, sizeof name, "%.*s", (int)size, request + 1);
		at = stpcpy(at, world_value(world, name));
		request += size;
	}
	*at = '\0';
	return text;
}

/* ---- calls ---- */

struct hearth_client *world_client(struct suite *suite, const char *authority)
{
	static struct { char authority[4]; struct hearth_client *client; } kept[32];
	static pid_t owner;
	size_t at = 0;
	if (owner != getpid())
		memset(kept, 0, sizeof kept);
	owner = getpid();
	while (kept[at].client != NULL && strcmp(kept[at].authority, authority) != 0)
		ck_assert_uint_lt(++at, sizeof kept / sizeof kept[0]);
	if (kept[at].client == NULL) {
		snprintf(kept[at].authority, sizeof kept[at].authority, "%s", authority);
		kept[at].client = suite_client(suite, authority, SUITE_ALL_ROLES);
		ck_assert_ptr_nonnull(kept[at].client);
	}
	return kept[at].client;
}

struct world_answer world_ask(struct suite *suite, const char *authority, const struct catalogue_row *row,
                              const char *request, const struct hearth_uuid *request_id)
{
	struct world_answer answer = { .status = HEARTH_STATUS_INIT };
	ck_assert_msg(row != NULL, "a method is not in the catalogue: %s", request);
	const ProtobufCMethodDescriptor *method = catalogue_method(row);
	struct hearth_client *client = world_client(suite, authority);
	struct hearth_arena *arena = hearth_arena_new();
	ProtobufCMessage *message, *reply;
	if (hearth_json_parse(arena, method->input, request, strlen(request), 0, &message, &answer.status) != 0)
		ck_abort_msg("%s %s: %s", row->method, request, answer.status.message);
	const struct hearth_call_options options = { .request_id = request_id, .timeout_ms = 20000 };
	if (hearth_client_call(client, catalogue_call_name(row), message, method->output, &options,
	                       hearth_arena_allocator(arena), &reply, &answer.replayed, &answer.status) == 0)
		answer.reply = hearth_json_encode(reply, HEARTH_JSON_DEFAULTS);
	hearth_arena_free(&arena);
	return answer;
}

static void keep_all(struct world *world, const struct step *step, const json_t *reply)
{
	for (const char *at = step->keep; *at != '\0'; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ',')) {
		char path[64];
		size_t size = strcspn(at, "=");
		snprintf(path, sizeof path, "%.*s", (int)strcspn(at + size + 1, ","), at + size + 1);
		const char *value = json_at(reply, path);
		ck_assert_msg(value[0] != '\0', "%s gave no %s", step->method, path);
		keep(world, at, size, value);
	}
}

/* The same request id again, after all that followed from the first: the same answer to what it is about, and no row
 * of any table is another. */
static void again(struct world *world, const struct step *step, const struct catalogue_row *row, const char *request,
                  const struct hearth_uuid *id)
{
	char *before = tables_print(world->suite, NULL);
	struct world_answer answer = world_ask(world->suite, world->authority, row, request, id);
	ck_assert_msg(answer.reply != NULL, "%s again: %s %s", step->method, answer.status.reason, answer.status.message);
	ck_assert_msg(answer.replayed, "%s again was not replayed", step->method);
	json_decref(answer.reply);
	tables_settle(world->suite);
	char *after = tables_print(world->suite, NULL);
	tables_assert_same(before, after, step->method);
	free(before);
	free(after);
}

static void take(struct world *world, const struct step *step)
{
	const struct catalogue_row *row = catalogue_find(step->service, step->method);
	ck_assert_msg(row != NULL, "%s/%s is not in the catalogue", step->service, step->method);
	char *request = world_fill(world, step->request);
	struct hearth_uuid id;
	hearth_uuid_new(&id);
	struct world_answer answer = world_ask(world->suite, world->authority, row, request, &id);
	ck_assert_msg(answer.reply != NULL, "%s %s: %s %s", step->method, request, answer.status.reason, answer.status.message);
	ck_assert_msg(!answer.replayed, "%s was replayed", step->method);
	keep_all(world, step, answer.reply);
	json_decref(answer.reply);
	tables_settle(world->suite);
	if (world->twice && row->kind == 'W')
		again(world, step, row, request, &id);
	free(request);
}

static const struct step *const parts[] = { supply_and_children, fostering, journey, by_hand, leaving, standing };

void world_build(struct world *world, struct suite *suite, const char *authority, const char *born, bool twice)
{
	*world = (struct world){ .suite = suite, .twice = twice };
	snprintf(world->authority, sizeof world->authority, "%s", authority);
	snprintf(world->born, sizeof world->born, "%s", born != NULL ? born : WORLD_BORN);
	keep(world, "born", 4, world->born);
	for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++)
		for (const struct step *step = parts[part]; step->method != NULL; step++)
			take(world, step);
}

bool world_calls(const char *service, const char *method)
{
	for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++)
		for (const struct step *step = parts[part]; step->method != NULL; step++)
			if (strcmp(step->service, service) == 0 && strcmp(step->method, method) == 0)
				return true;
	return false;
}
