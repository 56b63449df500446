/* main.c: hearth-providers: supply: providers, homes, places, and which home fits.
 *
 * Owns schema `providers`. Its contract is proto/hearth/providers/v1; README.md says what it does.
 */
#include "providers.h"

extern const struct hearth_file providers_sql[];
extern const struct hearth_contracts providers_contracts;

#define ROLE(name) HEARTH_ROLE(HEARTH__V1__ROLE__##name)
#define KEEPERS (ROLE(COMMISSIONER) | ROLE(PROVIDER) | ROLE(SYSTEM) | ROLE(OPERATOR))
#define FINDERS (ROLE(PLACEMENT_OFFICER) | ROLE(COMMISSIONER) | ROLE(SOCIAL_WORKER) | ROLE(PERSONAL_ADVISER) | ROLE(SYSTEM))
#define READERS (KEEPERS | FINDERS | ROLE(FINANCE_OFFICER))
#define TABLE_KEEPERS (ROLE(COMMISSIONER) | ROLE(SYSTEM) | ROLE(OPERATOR))
#define RELEASERS (ROLE(COMMISSIONER) | ROLE(PLACEMENT_OFFICER) | ROLE(SYSTEM))
/* Contracts and their prices; no provider sees what its rivals are paid. */
#define BUYERS (ROLE(COMMISSIONER) | ROLE(SYSTEM))
#define PRICE_READERS (BUYERS | ROLE(PLACEMENT_OFFICER) | ROLE(FINANCE_OFFICER))

static const struct hearth_method methods[] = {
	{ .name = "UpsertProvider", .kind = HEARTH_WRITE, .roles = KEEPERS, .statement = "upsert_provider",
	  .replay = "replay_provider", .row = "provider", .plan = providers_upsert_provider },
	{ .name = "GetProvider", .kind = HEARTH_READ, .roles = READERS, .statement = "get_provider", .row = "provider",
	  .plan = providers_get_provider },
	{ .name = "ListProviders", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_providers",
	  .row = "providers" },
	{ .name = "UpsertHome", .kind = HEARTH_WRITE, .roles = KEEPERS, .statement = "upsert_home",
	  .replay = "replay_home", .row = "home", .plan = providers_upsert_home },
	{ .name = "GetHome", .kind = HEARTH_READ, .roles = READERS, .statement = "get_home", .row = "home",
	  .plan = providers_get_home },
	{ .name = "ListHomes", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_homes", .row = "homes",
	  .plan = providers_list_homes },
	{ .name = "CloseHome", .kind = HEARTH_WRITE, .roles = KEEPERS, .statement = "set_home_open",
	  .replay = "replay_home", .row = "home", .plan = providers_close_home },
	{ .name = "OpenHome", .kind = HEARTH_WRITE, .roles = KEEPERS, .statement = "set_home_open",
	  .replay = "replay_home", .row = "home", .plan = providers_open_home },
	{ .name = "GetOccupancy", .kind = HEARTH_READ, .roles = READERS, .statement = "get_occupancy",
	  .plan = providers_get_occupancy, .audit = "holds.child_id" },
	{ .name = "ImportHomes", .kind = HEARTH_WRITE, .roles = KEEPERS, .statement = "import_homes",
	  .replay = "replay_import", .plan = providers_import_homes },
	{ .name = "FindHomes", .kind = HEARTH_COMPUTE, .roles = FINDERS, .statement = "homes_for_need",
	  .plan = providers_find_homes, .step = providers_found_homes, .audit = "request.referral_id" },
	{ .name = "ReleaseHold", .kind = HEARTH_WRITE, .roles = RELEASERS, .statement = "release_hold",
	  .replay = "replay_hold", .row = "hold", .plan = providers_release_hold, .audit = "hold.child_id" },
	/* matching */
	/* registration, inspections, embargoes */
	/* places, calendar, occupancy */
	/* fostering households */
	/* routes to market, fees, documents */
	{ .name = "UpsertContract", .kind = HEARTH_WRITE, .roles = BUYERS, .statement = "upsert_contract",
	  .replay = "replay_contract", .row = "contract", .plan = providers_upsert_contract },
	{ .name = "GetContract", .kind = HEARTH_READ, .roles = PRICE_READERS, .statement = "get_contract", .row = "contract",
	  .plan = providers_get_contract },
	{ .name = "ListContracts", .kind = HEARTH_SLOW, .roles = PRICE_READERS, .statement = "list_contracts",
	  .row = "contracts", .plan = providers_list_contracts },
	{ .name = "EndContract", .kind = HEARTH_WRITE, .roles = BUYERS, .statement = "end_contract",
	  .replay = "replay_contract", .row = "contract", .plan = providers_end_contract },
	{ .name = "UpsertContractMember", .kind = HEARTH_WRITE, .roles = BUYERS, .statement = "upsert_contract_member",
	  .replay = "replay_contract_member", .row = "member", .plan = providers_upsert_contract_member },
	{ .name = "ListContractMembers", .kind = HEARTH_SLOW, .roles = PRICE_READERS, .statement = "list_contract_members",
	  .row = "members", .plan = providers_list_contract_members },
	{ .name = "SetFee", .kind = HEARTH_WRITE, .roles = BUYERS, .statement = "set_fee", .replay = "replay_fee",
	  .row = "fee", .plan = providers_set_fee },
	{ .name = "ListFees", .kind = HEARTH_SLOW, .roles = PRICE_READERS, .statement = "list_fees", .row = "fees",
	  .plan = providers_list_fees },
	{ .name = "GetContractedPlaces", .kind = HEARTH_SLOW, .roles = PRICE_READERS, .statement = "contracted_places",
	  .plan = providers_contracted_places },
	{ .name = "GetBlockReport", .kind = HEARTH_SLOW, .roles = PRICE_READERS, .statement = "block_report",
	  .plan = providers_block_report, .step = providers_block_reported },
	{ .name = "RecordDocument", .kind = HEARTH_WRITE, .roles = KEEPERS, .statement = "record_document",
	  .replay = "replay_document", .row = "document", .plan = providers_record_document },
	{ .name = "WithdrawDocument", .kind = HEARTH_WRITE, .roles = KEEPERS, .statement = "withdraw_document",
	  .replay = "replay_document", .row = "document", .plan = providers_withdraw_document },
	{ .name = "ListDocuments", .kind = HEARTH_SLOW, .roles = READERS & ~ROLE(PROVIDER), .statement = "list_documents",
	  .row = "documents", .plan = providers_list_documents },
	{ .name = "ListDocumentTypes", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_document_types",
	  .row = "types", .plan = providers_list_document_types },
	/* published tables */
	{ .name = "ImportCouncils", .kind = HEARTH_WRITE, .roles = TABLE_KEEPERS, .statement = "import_councils",
	  .replay = "replay_table", .row = "change", .plan = providers_import_councils },
	{ .name = "ListCouncils", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_councils", .row = "councils" },
	{ .name = "ImportAdjoining", .kind = HEARTH_WRITE, .roles = TABLE_KEEPERS, .statement = "import_adjoining",
	  .replay = "replay_table", .row = "change", .plan = providers_import_adjoining },
	{ .name = "ListAdjoining", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_adjoining", .row = "pairs",
	  .plan = providers_list_adjoining },
	{ .name = "ImportPostcodes", .kind = HEARTH_WRITE, .roles = TABLE_KEEPERS, .statement = "import_postcodes",
	  .replay = "replay_table", .row = "change", .plan = providers_import_postcodes },
	{ .name = "LookupPostcode", .kind = HEARTH_READ, .roles = READERS, .statement = "lookup_postcode", .row = "place",
	  .plan = providers_lookup_postcode, .reply = providers_found_postcode },
	{ .name = "ListPublished", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_published", .row = "loads" },
	{ .name = NULL },
};

static const struct hearth_refusal refusals[] = {
	{ "NOT_FOUND", HEARTH_NOT_FOUND, "", "there is no such provider, home or hold" },
	{ "PROVIDER_UNKNOWN", HEARTH_FAILED_PRECONDITION, "provider_id",
	  "there is no provider of this id: record it first" },
	{ "PLACES_IN_USE", HEARTH_FAILED_PRECONDITION, "places", "fewer places than are held or lived in: %s" },
	{ "EXTERNAL_ID_TAKEN", HEARTH_ALREADY_EXISTS, "external_id", "another one has this key of that system" },
	{ "NOT_LEADING", HEARTH_FAILED_PRECONDITION, "contract_id", "another council leads this contract and alone changes it" },
	{ "REFERENCE_TAKEN", HEARTH_ALREADY_EXISTS, "reference", "another contract of this council has this reference" },
	{ "LAW_OF_CONTRACT", HEARTH_FAILED_PRECONDITION, "basis", "under this law no such contract is let on its first day" },
	{ "LOT_IN_USE", HEARTH_FAILED_PRECONDITION, "lots", "a lot that is left out has members: %s" },
	{ "LOT_UNKNOWN", HEARTH_FAILED_PRECONDITION, "lot", "the contract has no such lot" },
	{ "HOME_UNKNOWN", HEARTH_FAILED_PRECONDITION, "home_id", "there is no home of this id, or it is not this provider's" },
	{ "BEFORE_CONTRACT", HEARTH_FAILED_PRECONDITION, "from_date", "the contract begins on %s" },
	{ "CLOSED_TO_ENTRANTS", HEARTH_FAILED_PRECONDITION, "provider_id", "the contract takes no new provider after it began" },
	{ "PROVIDER_NOT_MEMBER", HEARTH_FAILED_PRECONDITION, "provider_id", "the provider is no member of the contract" },
	{ "TOO_MANY_CONTRACTS", HEARTH_RESOURCE_EXHAUSTED, "", "a council has at most 2,000 contracts" },
	{ "TOO_MANY_MEMBERS", HEARTH_RESOURCE_EXHAUSTED, "", "a contract has at most 2,000 rows of members" },
	{ "TOO_MANY_FEES", HEARTH_RESOURCE_EXHAUSTED, "", "a contract has at most 5,000 rows of fees" },
	{ "UNKNOWN_DOCUMENT_TYPE", HEARTH_INVALID_ARGUMENT, "type", "there is no type of document %s: see ListDocumentTypes" },
	{ "TOO_MANY_DOCUMENTS", HEARTH_RESOURCE_EXHAUSTED, "", "a provider or home has at most 500 documents" },
	/* published tables */
	{ "COUNCIL_KEY_TAKEN", HEARTH_FAILED_PRECONDITION, "rows", "a key is another council's already: %s" },
	{ "TOO_MANY_COUNCIL_KEYS", HEARTH_FAILED_PRECONDITION, "rows", "a council has at most 20 keys: %s" },
	{ "LATER_VINTAGE", HEARTH_FAILED_PRECONDITION, "vintage",
	  "the table is of %s, which is later: a whole table is replaced by one of the same or a later vintage" },
	{ "TOO_MANY_POSTCODES", HEARTH_RESOURCE_EXHAUSTED, "rows", "5,000,000 postcodes are kept at most" },
	{ .reason = NULL },
};

static const struct hearth_key keys[] = {
	{ "hold-hours", HEARTH_KEY_INT, "48", "hours for which a place is held, when the acceptance does not say", 1, 720 },
	{ .name = NULL },
};

static const struct hearth_service service = {
	.name = "providers",
	.contract = &hearth__providers__v1__providers__descriptor,
	.methods = methods,
	.refusals = refusals,
	.tells = providers_told,
	.hears = providers_sources,
	.timers = providers_timers,
	.keys = keys,
	.sql = providers_sql,
	.contracts = &providers_contracts,
};

int main(int argc, char **argv)
{
	return hearth_service_main(argc, argv, &service);
}
