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
#define RELEASERS (ROLE(COMMISSIONER) | ROLE(PLACEMENT_OFFICER) | ROLE(SYSTEM))

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
	/* published tables */
	{ .name = NULL },
};

static const struct hearth_refusal refusals[] = {
	{ "NOT_FOUND", HEARTH_NOT_FOUND, "", "there is no such provider, home or hold" },
	{ "PROVIDER_UNKNOWN", HEARTH_FAILED_PRECONDITION, "provider_id",
	  "there is no provider of this id: record it first" },
	{ "PLACES_IN_USE", HEARTH_FAILED_PRECONDITION, "places", "fewer places than are held or lived in: %s" },
	{ "EXTERNAL_ID_TAKEN", HEARTH_ALREADY_EXISTS, "external_id", "another one has this key of that system" },
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
