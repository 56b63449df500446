/* catalogue.c: every method of every contract. See catalogue.h. */
#include "catalogue.h"

#include <stdio.h>
#include <string.h>

#include <hearth/audit/v1/audit.pb-c.h>
#include <hearth/careleavers/v1/careleavers.pb-c.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/events/v1/events.pb-c.h>
#include <hearth/finance/v1/finance.pb-c.h>
#include <hearth/placements/v1/placements.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>
#include <hearth/referrals/v1/referrals.pb-c.h>

/* hearth.v1.Role by number, so that this table repeats the contract and no header. */
#define OFFICER (UINT32_C(1) << 1)
#define COMMISSIONER (UINT32_C(1) << 2)
#define FINANCE (UINT32_C(1) << 3)
#define PROVIDER (UINT32_C(1) << 4)
#define SOCIAL_WORKER (UINT32_C(1) << 5)
#define ADVISER (UINT32_C(1) << 6)
#define SYSTEM (UINT32_C(1) << 7)
#define OPERATOR (UINT32_C(1) << 8)
#define EVERYBODY UINT32_C(0x1fe)

#define CARERS (OFFICER | SOCIAL_WORKER | SYSTEM | OPERATOR)
#define CARE_READERS (EVERYBODY & ~PROVIDER)
#define NEED_WRITERS (OFFICER | SOCIAL_WORKER | SYSTEM)
#define DECIDERS (OFFICER | COMMISSIONER | SYSTEM)
#define NEED_READERS (NEED_WRITERS | COMMISSIONER | ADVISER | FINANCE)
#define KEEPERS (COMMISSIONER | PROVIDER | SYSTEM | OPERATOR)
#define BUYERS (COMMISSIONER | SYSTEM)
#define PRICE_READERS (BUYERS | OFFICER | FINANCE)
#define TABLE_KEEPERS (COMMISSIONER | SYSTEM | OPERATOR)
#define RELEASERS (COMMISSIONER | OFFICER | SYSTEM)
#define REGISTRARS (COMMISSIONER | SYSTEM | OPERATOR)
#define MOVERS (OFFICER | COMMISSIONER | SOCIAL_WORKER | SYSTEM)
#define LEAVER_WRITERS (OFFICER | SOCIAL_WORKER | ADVISER | SYSTEM)
#define PLANNERS (FINDERS | FINANCE | OPERATOR)
#define FINDERS (OFFICER | COMMISSIONER | SOCIAL_WORKER | ADVISER | SYSTEM)

#define PL "placements", &hearth__placements__v1__placements__descriptor
#define PR "providers", &hearth__providers__v1__providers__descriptor
#define RE "referrals", &hearth__referrals__v1__referrals__descriptor
#define FI "finance", &hearth__finance__v1__finance__descriptor
#define CA "careleavers", &hearth__careleavers__v1__care_leavers__descriptor

#define COMMON(name)                                                                                                     \
	{ name, &hearth__control__v1__health__descriptor, "Check", 'R', EVERYBODY, FOREIGN_SHARED, "{}" },                   \
	{ name, &hearth__control__v1__control__descriptor, "GetInstance", 'R', SYSTEM | OPERATOR, FOREIGN_SHARED, "{}" },    \
	{ name, &hearth__control__v1__control__descriptor, "SetClock", 'R', OPERATOR, FOREIGN_SHARED,                        \
	  "{'now':'2024-06-03T09:00:00Z'}" },                                                                                \
	{ name, &hearth__control__v1__reflection__descriptor, "GetDescriptors", 'R', EVERYBODY, FOREIGN_SHARED, "{}" },      \
	{ name, &hearth__events__v1__events__descriptor, "Pull", 'S', SYSTEM, FOREIGN_SHARED, "{'after':'0'}" },             \
	{ name, &hearth__events__v1__events__descriptor, "Watch", 'R', CARE_READERS, FOREIGN_EMPTY,                          \
	  "{'after':'0','pageSize':1000}" },                                                                                 \
	{ name, &hearth__events__v1__events__descriptor, "GetPosition", 'R', SYSTEM | OPERATOR, FOREIGN_SHARED, "{}" },    \
	{ name, &hearth__events__v1__events__descriptor, "Snapshot", 'S', SYSTEM, FOREIGN_SHARED, "{}" },                    \
	{ name, &hearth__events__v1__events__descriptor, "ListParked", 'S', OPERATOR, FOREIGN_SHARED, "{}" },                \
	{ name, &hearth__events__v1__events__descriptor, "GetParked", 'R', OPERATOR, FOREIGN_SHARED, "{'id':'1'}" },         \
	{ name, &hearth__events__v1__events__descriptor, "RetryParked", 'W', OPERATOR, FOREIGN_SHARED, "{'id':'1'}" },       \
	{ name, &hearth__events__v1__events__descriptor, "SkipParked", 'W', OPERATOR, FOREIGN_SHARED,                        \
	  "{'id':'1','why':'DUPLICATE'}" },                                                                                  \
	{ name, &hearth__events__v1__events__descriptor, "Bootstrap", 'W', OPERATOR, FOREIGN_SHARED,                         \
	  "{'source':'nobody'}" },                                                                                          \
	{ name, &hearth__audit__v1__audit__descriptor, "ListEntries", 'S', SYSTEM | OPERATOR, FOREIGN_EMPTY,                 \
	  "{'subject':'$child','pageSize':500}" },                                                                           \
	{ name, &hearth__audit__v1__audit__descriptor, "ListSeals", 'S', OPERATOR, FOREIGN_SHARED, "{}" },                   \
	{ name, &hearth__audit__v1__audit__descriptor, "GetMarks", 'S', OPERATOR, FOREIGN_SHARED, "{'no':'1'}" }

#define HOME_FACTS                                                                                                       \
	"'name':'Fostering household 1','kind':'FOSTERING','outward':'B12','grid':{'easting':400000,'northing':280000},"     \
	"'areaAuthority':'330','weeklyFee':{'pence':'70000'},'noticeDays':{'value':'7'},'urn':'SC000001',"                   \
	"'registration':'REGISTERED','registeredPlaces':{'value':'40'},'purpose':['LONG_TERM'],"                             \
	"'terms':{'leastAge':{'value':'0'},'mostAge':{'value':'18'},'sex':'ANY','mostChildren':{'value':'40'}},'places':40," \
	"'register':'OFSTED','registeredFrom':'2020-01-01','capabilities':['THERAPY'],'excludedRisks':['TO_OTHERS_FIRE']"

const struct catalogue_row catalogue[] = {
	COMMON("placements"),
	{ PL, "CreateChild", 'W', CARERS, FOREIGN_OWN,
	  "{'sex':'F','dateOfBirth':{'value':'2010-03-01'},'externalIds':[{'system':'mosaic','id':'C-9'}]}" },
	{ PL, "UpdateChild", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'childId':'$child','updateMask':['sex'],'sex':'M','why':'CORRECTED'}" },
	{ PL, "UpsertChild", 'W', CARERS, FOREIGN_OWN, "{'externalId':{'system':'mosaic','id':'C-2'},'sex':'M'}" },
	{ PL, "UpsertChildExternalId", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'childId':'$child','externalId':{'system':'mosaic','id':'C-7'}}" },
	{ PL, "GetChild", 'R', CARE_READERS, FOREIGN_NOT_FOUND, "{'childId':'$child'}" },
	{ PL, "LookupChild", 'R', CARE_READERS, FOREIGN_NOT_FOUND, "{'externalId':{'system':'mosaic','id':'C-1'}}" },
	{ PL, "ListChildren", 'S', CARE_READERS, FOREIGN_EMPTY, "{}" },
	{ PL, "GetChildHistory", 'S', CARE_READERS, FOREIGN_NOT_FOUND, "{'childId':'$child'}" },
	{ PL, "ListLookedAfter", 'S', CARE_READERS, FOREIGN_EMPTY, "{'date':'2024-06-02'}" },
	{ PL, "CountLookedAfter", 'S', CARE_READERS, FOREIGN_EMPTY, "{'date':'2024-06-02'}" },
	{ PL, "PlanPlacement", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'childId':'$child','homeId':'$home','plannedStart':'2024-06-03','placementType':'U6','legalStatus':'C2'}" },
	{ PL, "GetPlacement", 'R', CARE_READERS, FOREIGN_NOT_FOUND, "{'placementId':'$placement'}" },
	{ PL, "LookupPlacement", 'R', CARE_READERS, FOREIGN_NOT_FOUND, "{'externalId':{'system':'mosaic','id':'P-1'}}" },
	{ PL, "UpsertPlacementExternalId", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'placementId':'$placement','externalId':{'system':'mosaic','id':'P-7'}}" },
	{ PL, "ListPlacements", 'S', CARE_READERS, FOREIGN_EMPTY, "{}" },
	{ PL, "StartPlacement", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'placementId':'$planned','startDate':'2024-06-03','placementType':'U6','legalStatus':'C2','categoryOfNeed':'N1',"
	  "'moveReason':'CARPL'}" },
	{ PL, "MovePlacement", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'placementId':'$placement','date':'2024-06-03','reason':'CARPL','homeId':'$home2','placementType':'U6'}" },
	{ PL, "VaryPlacement", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'placementId':'$placement','fromDate':'2024-06-03','weeklyFee':{'pence':'90000'}}" },
	{ PL, "SetPlannedEnd", 'W', CARERS, FOREIGN_NOT_FOUND, "{'placementId':'$placement','plannedEnd':'2024-09-30'}" },
	{ PL, "EndPlacement", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'placementId':'$placement','endDate':'2024-06-03','reason':'CARPL','noticeHours':{'value':'48'}}" },
	{ PL, "BreakDown", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'placementId':'$placement','endDate':'2024-06-03','reason':'CREQB','noticeHours':{'value':'2'}}" },
	{ PL, "CancelPlacement", 'W', CARERS, FOREIGN_NOT_FOUND, "{'placementId':'$planned'}" },
	{ PL, "EndCare", 'W', CARERS, FOREIGN_NOT_FOUND,
	  "{'childId':'$child5','endDate':'2024-06-03','endCode':'E4A'}" },
	{ PL, "ImportEpisodes", 'W', SYSTEM | OPERATOR, FOREIGN_OWN,
	  "{'children':[{'child':'77','sex':'M','returnYear':2023}],'episodes':[{'child':'77','decom':'2022-05-01','rne':'S',"
	  "'ls':'C2','cin':'N1','place':'U6','placeProvider':'PR1','returnYear':2023}]}" },
	{ PL, "ListCodes", 'S', EVERYBODY, FOREIGN_SHARED, "{'set':'LS','returnYear':2023}" },

	COMMON("providers"),
	{ PR, "UpsertProvider", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'externalId':{'system':'world','id':'P1'},'name':'Provider of the tests','code':'PR4','ownAuthority':''}" },
	{ PR, "GetProvider", 'R', EVERYBODY, FOREIGN_SHARED, "{'providerId':'$provider'}" },
	{ PR, "ListProviders", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "UpsertHome", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'externalId':{'system':'world','id':'H1'},'providerId':'$provider'," HOME_FACTS "}" },
	{ PR, "GetHome", 'R', EVERYBODY, FOREIGN_SHARED, "{'homeId':'$home'}" },
	{ PR, "ListHomes", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "CloseHome", 'W', KEEPERS, FOREIGN_SHARED, "{'homeId':'$home2'}" },
	{ PR, "OpenHome", 'W', KEEPERS, FOREIGN_SHARED, "{'homeId':'$home2'}" },
	{ PR, "GetOccupancy", 'R', EVERYBODY, FOREIGN_EMPTY, "{'homeId':'$home'}" },
	{ PR, "ImportHomes", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'system':'world-csv','rows':[{'providerKey':'K1','providerName':'Provider of the file','homeKey':'HK1',"
	  "'kind':'FOSTERING','places':2}]}" },
	{ PR, "FindHomes", 'C', FINDERS, FOREIGN_NOT_FOUND, "{'referralId':'$open'}" },
	{ PR, "MatchHomes", 'C', FINDERS, FOREIGN_NOT_FOUND, "{'referralId':'$open'}" },
	{ PR, "ExplainHome", 'C', FINDERS, FOREIGN_NOT_FOUND, "{'homeId':'$home','referralId':'$open'}" },
	{ PR, "GetMatch", 'C', FINDERS, FOREIGN_NOT_FOUND, "{'matchId':'$match'}" },
	{ PR, "ListMatches", 'S', FINDERS, FOREIGN_EMPTY, "{'referralId':'$open'}" },
	{ PR, "MatchGroup", 'C', FINDERS, FOREIGN_NOT_FOUND, "{'referralIds':['$open','$waiting']}" },
	{ PR, "MatchQueue", 'C', FINDERS, FOREIGN_EMPTY, "{}" },
	{ PR, "GetMatchWeights", 'R', FINDERS, FOREIGN_NOT_FOUND, "{'version':'$weights'}" },
	{ PR, "SetMatchWeights", 'W', COMMISSIONER, FOREIGN_NOT_FOUND,
	  "{'etag':'$weights','weights':[{'code':'FEE','value':2000,'rationale':'cabinet decision of the tests'}]}" },
	{ PR, "ReleaseHold", 'W', COMMISSIONER | OFFICER | SYSTEM, FOREIGN_NOT_FOUND, "{'holdId':'$held'}" },
	{ PR, "UpsertContract", 'W', BUYERS, FOREIGN_OWN,
	  "{'reference':'C-2','kind':'FRAMEWORK','fromDate':'2024-04-01','untilDate':'2026-04-01','extensions':"
	  "[{'untilDate':'2027-04-01'}],'commissioners':[{'authority':'999','part':'HEALTH','share':{'value':'1'}}],"
	  "'lots':[{'code':'L1','homeKinds':['FOSTERING'],'places':{'value':'5'}}]}" },
	{ PR, "GetContract", 'R', PRICE_READERS, FOREIGN_NOT_FOUND, "{'contractId':'$contract'}" },
	{ PR, "ListContracts", 'S', PRICE_READERS, FOREIGN_EMPTY, "{}" },
	{ PR, "JoinContract", 'W', BUYERS, FOREIGN_NOT_FOUND, "{'contractId':'$contract'}" },
	{ PR, "EndContract", 'W', BUYERS, FOREIGN_NOT_FOUND,
	  "{'contractId':'$contract','date':'2026-03-31','reason':'RELET'}" },
	{ PR, "UpsertContractMember", 'W', BUYERS, FOREIGN_NOT_FOUND,
	  "{'contractId':'$contract','lot':'L1','providerId':'$provider','tier':{'value':'2'},'fromDate':'2024-04-01'}" },
	{ PR, "ListContractMembers", 'S', PRICE_READERS, FOREIGN_EMPTY, "{'contractId':'$contract'}" },
	{ PR, "SetFee", 'W', BUYERS, FOREIGN_NOT_FOUND,
	  "{'contractId':'$contract','lot':'L1','weeklyFee':{'pence':'71000'},'fromDate':'2024-05-01'}" },
	{ PR, "ListFees", 'S', PRICE_READERS, FOREIGN_EMPTY, "{'contractId':'$contract'}" },
	{ PR, "GetContractedPlaces", 'S', PRICE_READERS, FOREIGN_EMPTY, "{}" },
	{ PR, "GetBlockReport", 'S', PRICE_READERS, FOREIGN_NOT_FOUND,
	  "{'contractId':'$block','fromDate':'2024-05-01','untilDate':'2024-06-01'}" },
	{ PR, "RecordDocument", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'homeId':'$home','type':'FIRE_RISK_ASSESSMENT','issued':'2024-01-01','expires':'2025-01-01'}" },
	{ PR, "WithdrawDocument", 'W', KEEPERS, FOREIGN_SHARED, "{'documentId':'$document','reason':'IN_ERROR'}" },
	{ PR, "ListDocuments", 'S', EVERYBODY & ~PROVIDER, FOREIGN_SHARED, "{'homeId':'$home'}" },
	{ PR, "ListDocumentTypes", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "ImportCouncils", 'W', TABLE_KEEPERS, FOREIGN_SHARED,
	  "{'vintage':'2024','rows':[{'code':'999','name':'Made-up council','keys':['Z06000999']}]}" },
	{ PR, "ListCouncils", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "ImportAdjoining", 'W', TABLE_KEEPERS, FOREIGN_SHARED,
	  "{'vintage':'2024','pairs':[{'authority':'999','adjoining':'998'}]}" },
	{ PR, "ListAdjoining", 'S', EVERYBODY, FOREIGN_SHARED, "{'authority':'999'}" },
	{ PR, "ImportPostcodes", 'W', TABLE_KEEPERS, FOREIGN_SHARED,
	  "{'vintage':'2024','rows':[{'postcode':'ZZ1 1AA','grid':{'easting':400000,'northing':300000},'council':'Z06000999'}]}" },
	{ PR, "LookupPostcode", 'R', EVERYBODY, FOREIGN_SHARED, "{'postcode':'ZZ1 1AA'}" },
	{ PR, "ListPublished", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "RecordApproval", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'homeId':'$household','terms':{'leastAge':{'value':'0'},'mostAge':{'value':'17'},'sex':'ANY',"
	  "'mostChildren':{'value':'3'},'kinds':['LONG_TERM']},'fromDate':'2024-01-01','decidedOn':'2023-12-20',"
	  "'decidedBy':'PANEL','source':'decision sheet'}" },
	{ PR, "EndApproval", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'homeId':'$household2','date':'2024-06-03','reason':'RESIGNED','source':'letter'}" },
	{ PR, "ListApprovals", 'S', EVERYBODY, FOREIGN_SHARED, "{'homeId':'$household'}" },
	{ PR, "GetFosteringHousehold", 'R', EVERYBODY, FOREIGN_SHARED, "{'homeId':'$household'}" },
	{ PR, "ListFosteringHouseholds", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "GrantExemption", 'W', RELEASERS, FOREIGN_OWN,
	  "{'homeId':'$household','basis':'SIBLINGS','childIds':['0190b3c2-7d1e-7abc-8def-0123456789ad'],"
	  "'fromDate':'2024-06-01','source':'family'}" },
	{ PR, "EndExemption", 'W', RELEASERS, FOREIGN_NOT_FOUND, "{'exemptionId':'$exemption','date':'2024-06-03'}" },
	{ PR, "ListExemptions", 'S', FINDERS, FOREIGN_EMPTY, "{'homeId':'$household'}" },
	{ PR, "StartTemporaryApproval", 'W', RELEASERS | SOCIAL_WORKER, FOREIGN_OWN,
	  "{'homeId':'$household3','childId':'0190b3c2-7d1e-7abc-8def-0123456789ae','kind':'CONNECTED_PERSON',"
	  "'fromDate':'2024-05-01','decidedBy':'NOMINATED_OFFICER','source':'assessment'}" },
	{ PR, "ExtendTemporaryApproval", 'W', RELEASERS | SOCIAL_WORKER, FOREIGN_NOT_FOUND,
	  "{'temporaryApprovalId':'$temporary','extension':'WEEKS','date':'2024-06-03'}" },
	{ PR, "EndTemporaryApproval", 'W', RELEASERS | SOCIAL_WORKER, FOREIGN_NOT_FOUND,
	  "{'temporaryApprovalId':'$temporary','date':'2024-06-03','reason':'OTHER'}" },
	{ PR, "ListTemporaryApprovals", 'S', FINDERS, FOREIGN_EMPTY, "{'homeId':'$household3'}" },
	{ PR, "RecordReview", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'homeId':'$household','heldOn':'2024-05-01','result':'CONTINUED','decidedBy':'PANEL','source':'minutes'}" },
	{ PR, "ListReviews", 'S', EVERYBODY, FOREIGN_SHARED, "{'homeId':'$household'}" },
	{ PR, "RecordFosteringEnquiry", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'externalId':{'system':'recruit','id':'E-1'},'providerId':'$provider','enquirySource':'CAMPAIGN',"
	  "'enquiredOn':'2024-05-01'}" },
	{ PR, "MoveFosteringStage", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'enquiryId':'$enquiry','stage':'INITIAL_VISIT','date':'2024-05-10'}" },
	{ PR, "ListPipeline", 'S', KEEPERS, FOREIGN_SHARED, "{'providerId':'$provider'}" },
	{ PR, "GetPipelineReport", 'S', EVERYBODY, FOREIGN_SHARED,
	  "{'providerId':'$provider','fromDate':'2024-01-01','untilDate':'2025-01-01'}" },
	{ PR, "DeclareApprovalsKept", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'providerId':'$provider','fromDate':'2024-01-01','source':'register'}" },
	{ PR, "UpsertConstellation", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'externalId':{'system':'bird','id':'B-1'},'providerId':'$provider','label':'Constellation 1',"
	  "'hubHomeId':'$household','satelliteHomeIds':['$household2'],'respitePlaces':{'value':'1'},"
	  "'fromDate':'2024-01-01'}" },
	{ PR, "ListConstellations", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "GetConstellationTotals", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "GetFosteringUtilisation", 'S', EVERYBODY, FOREIGN_SHARED, "{'by':'PROVIDER'}" },
	{ PR, "RecordRegistration", 'W', REGISTRARS, FOREIGN_SHARED,
	  "{'homeId':'$setting','register':'OFSTED','urn':'SC000003','status':'REGISTERED','fromDate':'2024-01-01',"
	  "'untilDate':'2030-01-01','registeredPlaces':{'value':'4'},'conditions':[{'code':'LEAST_AGE','value':{'value':'8'}}],"
	  "'source':'certificate'}" },
	{ PR, "ListRegistrations", 'S', EVERYBODY, FOREIGN_SHARED, "{'homeId':'$setting'}" },
	{ PR, "RecordInspection", 'W', REGISTRARS, FOREIGN_SHARED,
	  "{'homeId':'$setting','register':'OFSTED','inspectionType':'FULL','inspected':'2024-05-01','published':'2024-05-20',"
	  "'overallOutcome':'GOOD','source':'report'}" },
	{ PR, "ListInspections", 'S', EVERYBODY, FOREIGN_SHARED, "{'homeId':'$setting'}" },
	{ PR, "SetBar", 'W', REGISTRARS, FOREIGN_SHARED,
	  "{'homeId':'$setting','kind':'RESTRICTION_OF_ACCOMMODATION','fromDate':'2024-06-01','untilDate':'2024-09-01',"
	  "'reason':'SAFEGUARDING','source':'notice'}" },
	{ PR, "LiftBar", 'W', REGISTRARS, FOREIGN_NOT_FOUND, "{'barId':'$bar','onDate':'2024-07-01'}" },
	{ PR, "ListBars", 'S', EVERYBODY & ~PROVIDER, FOREIGN_EMPTY, "{'homeId':'$setting'}" },
	{ PR, "EndHome", 'W', KEEPERS, FOREIGN_SHARED, "{'homeId':'$setting','onDate':'2024-12-01','reason':'RESIGNED'}" },
	{ PR, "RecordMovePlan", 'W', MOVERS, FOREIGN_NOT_FOUND,
	  "{'holdId':'$living','byDate':'2024-08-01','referralId':'$open'}" },
	{ PR, "ImportOfsted", 'W', REGISTRARS, FOREIGN_SHARED,
	  "{'vintage':'2024-05-31','rows':[{'line':2,'urn':'SC200001','provisionType':'Childrens Homes','sector':'Private',"
	  "'registrationDate':'2019-01-01','registrationStatus':'Active','places':{'value':'4'},'organisation':'A company',"
	  "'inspectionDate':'2023-05-01','eventType':'Full inspection','overallOutcome':'Good'}]}" },
	{ PR, "ListMovePlans", 'S', MOVERS, FOREIGN_EMPTY, "{'homeId':'$home'}" },

	{ PR, "GetPlaces", 'R', EVERYBODY, FOREIGN_SHARED, "{'homeId':'$home'}" },
	{ PR, "ListPlaces", 'C', PLANNERS, FOREIGN_SHARED, "{'by':'KIND'}" },
	{ PR, "BlockPlaces", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'homeId':'$home','places':1,'reason':'REPAIRS','untilDate':'2024-07-01'}" },
	{ PR, "EndPlaceBlock", 'W', KEEPERS, FOREIGN_SHARED, "{'blockId':'$kept'}" },
	{ PR, "ListPlaceBlocks", 'S', KEEPERS, FOREIGN_SHARED, "{'homeId':'$home2'}" },
	{ PR, "ConfirmVacancies", 'W', KEEPERS, FOREIGN_SHARED, "{'homeId':'$home2','free':0}" },
	{ PR, "PlanOpening", 'W', KEEPERS, FOREIGN_SHARED,
	  "{'homeId':'$home2','plannedOpen':'2024-09-01','why':'REGISTRATION'}" },
	{ PR, "RecordOpening", 'W', KEEPERS, FOREIGN_SHARED, "{'homeId':'$home2','opened':'2024-06-01'}" },
	{ PR, "ListOpenings", 'S', EVERYBODY, FOREIGN_SHARED, "{}" },
	{ PR, "SetPlacePolicy", 'W', COMMISSIONER, FOREIGN_OWN,
	  "{'code':'MANAGER_VACANT_KEEPS_BACK','value':true,'source':'Policy of the tests'}" },
	{ PR, "ListPlacePolicies", 'S', PLANNERS, FOREIGN_EMPTY, "{}" },
	{ PR, "GetCapacityCalendar", 'R', EVERYBODY, FOREIGN_SHARED, "{'homeId':'$home','untilDate':'2024-07-01'}" },
	{ PR, "GetOccupancyReport", 'C', PLANNERS, FOREIGN_SHARED,
	  "{'fromDate':'2024-05-01','untilDate':'2024-07-01','by':'KIND'}" },

	COMMON("referrals"),
	{ RE, "CreateReferral", 'W', NEED_WRITERS, FOREIGN_OWN,
	  "{'childId':'0190b3c2-7d1e-7abc-8def-0123456789ab','urgency':'URGENT','neededBy':'2024-06-10',"
	  "'worker':'worker-1','needs':{'sex':'F',"
	  "'homeKinds':['FOSTERING'],'homeGrid':{'easting':400000,'northing':281000},'children':1,'siblings':{},"
	  "'requirements':{'companions':'ONLY_OLDER','support':['TAXIS_TO_SCHOOL']},'risks':{'missing':'PRESENT'},"
	  "'avoid':[{'areaAuthority':'999'}],'wishes':'WISHES_NOT_ASKED'}}" },
	{ RE, "UpdateReferral", 'W', NEED_WRITERS, FOREIGN_NOT_FOUND,
	  "{'referralId':'$open','updateMask':['worker'],'worker':'worker-3'}" },
	{ RE, "OpenReferral", 'W', NEED_WRITERS, FOREIGN_NOT_FOUND, "{'referralId':'$referral2'}" },
	{ RE, "UpsertReferral", 'W', NEED_WRITERS, FOREIGN_OWN,
	  "{'externalId':{'system':'mosaic','id':'R-2'},'childId':'0190b3c2-7d1e-7abc-8def-0123456789ac',"
	  "'urgency':'PLANNED','neededBy':'2024-07-01'}" },
	{ RE, "UpsertReferralExternalId", 'W', NEED_WRITERS, FOREIGN_NOT_FOUND,
	  "{'referralId':'$open','externalId':{'system':'mosaic','id':'R-7'}}" },
	{ RE, "LookupReferral", 'R', NEED_READERS, FOREIGN_NOT_FOUND, "{'externalId':{'system':'mosaic','id':'R-1'}}" },
	{ RE, "GetReferral", 'R', NEED_READERS, FOREIGN_NOT_FOUND, "{'referralId':'$referral'}" },
	{ RE, "GetReferralDetail", 'R', NEED_READERS, FOREIGN_NOT_FOUND, "{'referralId':'$referral'}" },
	{ RE, "ListReferrals", 'S', NEED_READERS, FOREIGN_EMPTY, "{}" },
	{ RE, "WithdrawReferral", 'W', NEED_WRITERS, FOREIGN_NOT_FOUND, "{'referralId':'$open','reason':'NOT_NEEDED'}" },
	{ RE, "LinkSiblings", 'W', NEED_WRITERS, FOREIGN_NOT_FOUND,
	  "{'referralId':'$open','siblingReferralIds':['$referral2']}" },
	{ RE, "RecordOffer", 'W', DECIDERS, FOREIGN_NOT_FOUND,
	  "{'referralId':'$open','homeId':'$home','providerId':'$provider','weeklyFee':{'pence':'70000'},"
	  "'noticeDays':{'value':'7'},'startDate':'2024-06-03','placementType':'U6'}" },
	{ RE, "DeclineOffer", 'W', DECIDERS, FOREIGN_NOT_FOUND, "{'offerId':'$offer3','reason':'TOO_FAR'}" },
	{ RE, "AcceptOffer", 'W', DECIDERS, FOREIGN_NOT_FOUND, "{'offerId':'$offer3','holdHours':24}" },

	COMMON("finance"),
	{ FI, "GetAgreement", 'R', CARE_READERS, FOREIGN_NOT_FOUND, "{'agreementId':'$agreement'}" },
	{ FI, "LookupAgreement", 'R', CARE_READERS, FOREIGN_NOT_FOUND, "{'externalId':{'system':'ledger','id':'A-1'}}" },
	{ FI, "ListAgreements", 'S', CARE_READERS, FOREIGN_EMPTY, "{}" },
	{ FI, "GetLedger", 'S', CARE_READERS, FOREIGN_NOT_FOUND, "{'agreementId':'$agreement'}" },
	{ FI, "GetLedgerDays", 'S', CARE_READERS, FOREIGN_NOT_FOUND, "{'agreementId':'$agreement'}" },
	{ FI, "GetSpend", 'S', CARE_READERS, FOREIGN_EMPTY, "{'fromDate':'2024-05-01','toDate':'2024-07-01'}" },
	{ FI, "GetCommitment", 'S', CARE_READERS, FOREIGN_EMPTY,
	  "{'financialYear':2024,'byMonth':true,'byCostType':true,'byProvider':true}" },
	{ FI, "VerifyLedger", 'S', COMMISSIONER | FINANCE | SYSTEM | OPERATOR, FOREIGN_EMPTY, "{}" },
	{ FI, "ListAgreementLines", 'S', CARE_READERS, FOREIGN_EMPTY, "{'agreementId':'$agreement'}" },
	{ FI, "ListCostTypes", 'S', CARE_READERS, FOREIGN_SHARED, "{}" },
	{ FI, "RecordAgreementLine", 'W', FINANCE, FOREIGN_NOT_FOUND,
	  "{'agreementId':'$agreement','costType':'EDUCATION','unit':'DAILY','amount':{'pence':'4500'},"
	  "'fromDate':'2024-06-01','toDate':'2024-07-01'}" },
	{ FI, "PriceAgreement", 'W', FINANCE, FOREIGN_NOT_FOUND,
	  "{'agreementId':'$agreement','fromDate':'2024-06-03','weeklyFee':{'pence':'1000'}}" },
	{ FI, "UpsertAgreementExternalId", 'W', FINANCE | SYSTEM, FOREIGN_NOT_FOUND,
	  "{'agreementId':'$agreement','externalId':{'system':'ledger','id':'A-7'}}" },

	COMMON("careleavers"),
	{ CA, "GetYoungPerson", 'R', CARE_READERS, FOREIGN_NOT_FOUND, "{'childId':'$child3'}" },
	{ CA, "ListYoungPeople", 'S', CARE_READERS, FOREIGN_EMPTY, "{}" },
	{ CA, "ListDue", 'S', CARE_READERS, FOREIGN_EMPTY, "{'withinDays':90}" },
	{ CA, "ListTurning18", 'S', CARE_READERS, FOREIGN_EMPTY, "{'date':'2024-06-03','withinDays':366}" },
	{ CA, "RecordAccommodation", 'W', LEAVER_WRITERS, FOREIGN_NOT_FOUND,
	  "{'childId':'$child3','type':'U','fromDate':'2024-05-01','suitability':'UNSUITABLE','suitabilityReason':'RISK',"
	  "'assessedOn':'2024-05-02','assessor':'worker-1'}" },
	{ CA, "ListAccommodation", 'S', CARE_READERS, FOREIGN_EMPTY, "{'childId':'$child3'}" },
	{ CA, "RecordPathwayEvent", 'W', LEAVER_WRITERS, FOREIGN_NOT_FOUND,
	  "{'childId':'$child3','kind':'CONTACT','date':'2024-05-01','adviserId':'worker-1','inTouch':'YES','activity':'F1'}" },
	{ CA, "ListPathwayEvents", 'S', CARE_READERS, FOREIGN_EMPTY, "{'childId':'$child3'}" },
	{ CA, "RecordCircumstance", 'W', LEAVER_WRITERS, FOREIGN_NOT_FOUND,
	  "{'childId':'$child3','kind':'EDUCATION','startDate':'2023-09-01','endDate':'2024-07-01'}" },
	{ CA, "ListCodes", 'S', CARE_READERS, FOREIGN_SHARED, "{'set':'ACCOM','returnYear':2024}" },
	{ .method = NULL },
};

const char *const catalogue_services[] = { "placements", "providers", "referrals", "finance", "careleavers", NULL };

const ProtobufCServiceDescriptor *const *catalogue_contracts(const char *service)
{
	static const ProtobufCServiceDescriptor *contracts[7];
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		if (strcmp(row->service, service) == 0)
			contracts[0] = row->contract;      /* the service's own rows stand after the common ones */
	contracts[1] = &hearth__control__v1__health__descriptor;
	contracts[2] = &hearth__control__v1__control__descriptor;
	contracts[3] = &hearth__events__v1__events__descriptor;
	contracts[4] = &hearth__control__v1__reflection__descriptor;
	contracts[5] = &hearth__audit__v1__audit__descriptor;
	return contracts;
}

const ProtobufCMethodDescriptor *catalogue_method(const struct catalogue_row *row)
{
	return protobuf_c_service_descriptor_get_method_by_name(row->contract, row->method);
}

const char *catalogue_wire_name(const struct catalogue_row *row)
{
	static char name[128];
	snprintf(name, sizeof name, "%s/%s", row->contract->name, row->method);
	return name;
}

const char *catalogue_call_name(const struct catalogue_row *row)
{
	static char name[160];
	snprintf(name, sizeof name, "%s:%s/%s", row->service, row->contract->name, row->method);
	return name;
}

const struct catalogue_row *catalogue_find(const char *service, const char *method)
{
	for (const struct catalogue_row *row = catalogue; row->method != NULL; row++)
		if (strcmp(row->service, service) == 0 && strcmp(row->method, method) == 0)
			return row;
	return NULL;
}
