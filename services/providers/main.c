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
	{ "UpsertProvider", HEARTH_WRITE, KEEPERS, "upsert_provider", "replay_provider", "provider",
	  providers_upsert_provider, NULL, false, NULL },
	{ "GetProvider", HEARTH_READ, READERS, "get_provider", NULL, "provider", providers_get_provider, NULL, false,
	  NULL },
	{ "ListProviders", HEARTH_SLOW, READERS, "list_providers", NULL, "providers", NULL, NULL, false, NULL },
	{ "UpsertHome", HEARTH_WRITE, KEEPERS, "upsert_home", "replay_home", "home", providers_upsert_home, NULL,
	  false, NULL },
	{ "GetHome", HEARTH_READ, READERS, "get_home", NULL, "home", providers_get_home, NULL, false, NULL },
	{ "ListHomes", HEARTH_SLOW, READERS, "list_homes", NULL, "homes", providers_list_homes, NULL, false, NULL },
	{ "CloseHome", HEARTH_WRITE, KEEPERS, "set_home_open", "replay_home", "home", providers_close_home, NULL,
	  false, NULL },
	{ "OpenHome", HEARTH_WRITE, KEEPERS, "set_home_open", "replay_home", "home", providers_open_home, NULL, false,
	  NULL },
	{ "GetOccupancy", HEARTH_READ, READERS, "get_occupancy", NULL, NULL, providers_get_occupancy, NULL, false,
	  "holds.child_id" },
	{ "ImportHomes", HEARTH_WRITE, KEEPERS, "import_homes", "replay_import", NULL, providers_import_homes, NULL,
	  false, NULL },
	{ "FindHomes", HEARTH_SLOW, FINDERS, "homes_for_need", NULL, NULL, providers_find_homes,
	  providers_found_homes, false, "request.referral_id" },
	{ "ReleaseHold", HEARTH_WRITE, RELEASERS, "release_hold", "replay_hold", "hold", providers_release_hold, NULL,
	  false, "hold.child_id" },
	{ 0 },
};

static const struct hearth_refusal refusals[] = {
	{ "NOT_FOUND", HEARTH_NOT_FOUND, "", "there is no such provider, home or hold" },
	{ "PROVIDER_UNKNOWN", HEARTH_FAILED_PRECONDITION, "provider_id",
	  "there is no provider of this id: record it first" },
	{ "PLACES_IN_USE", HEARTH_FAILED_PRECONDITION, "places", "fewer places than are held or lived in: %s" },
	{ "EXTERNAL_ID_TAKEN", HEARTH_ALREADY_EXISTS, "external_id", "another one has this key of that system" },
	{ 0 },
};

static const struct hearth_key keys[] = {
	{ "hold-hours", HEARTH_KEY_INT, "48", "hours for which a place is held, when the acceptance does not say", 1, 720 },
	{ 0 },
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
