/* main.c: hearth-referrals: a child needs a home.
 *
 * Owns schema `referrals`. Its contract is proto/hearth/referrals/v1; README.md says what it does.
 */
#include "referrals.h"

#include <hearth/referrals/v1/referrals.pb-c.h>
#include <hearth/v1/common.pb-c.h>

extern const struct hearth_file referrals_sql[];
extern const struct hearth_contracts referrals_contracts;

#define ROLE(name) HEARTH_ROLE(HEARTH__V1__ROLE__##name)
#define WRITERS (ROLE(PLACEMENT_OFFICER) | ROLE(SOCIAL_WORKER) | ROLE(SYSTEM))
#define DECIDERS (ROLE(PLACEMENT_OFFICER) | ROLE(COMMISSIONER) | ROLE(SYSTEM))
#define READERS (WRITERS | DECIDERS | ROLE(PERSONAL_ADVISER) | ROLE(FINANCE_OFFICER))

/* Whom a read is about, for the audit: an offer names no child, but its referral does. */
#define CHILD "referral.child_id"
#define OFFER "offer.referral_id"

static const struct hearth_method methods[] = {
	{ .name = "CreateReferral", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "create_referral",
	  .replay = "replay_referral", .row = "referral", .plan = referrals_create, .audit = CHILD },
	{ .name = "UpdateReferral", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "update_referral",
	  .replay = "replay_referral", .row = "referral", .plan = referrals_update, .audit = CHILD },
	{ .name = "OpenReferral", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "open_referral",
	  .replay = "replay_referral", .row = "referral", .plan = referrals_open, .audit = CHILD },
	{ .name = "UpsertReferral", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "upsert_referral",
	  .replay = "replay_referral", .row = "referral", .plan = referrals_upsert, .audit = CHILD },
	{ .name = "UpsertReferralExternalId", .kind = HEARTH_WRITE, .roles = WRITERS,
	  .statement = "upsert_referral_external_id", .replay = "replay_referral", .row = "referral",
	  .plan = referrals_upsert_external_id, .audit = CHILD },
	{ .name = "LookupReferral", .kind = HEARTH_READ, .roles = READERS, .statement = "lookup_referral",
	  .row = "referral", .plan = referrals_lookup, .audit = CHILD },
	{ .name = "GetReferral", .kind = HEARTH_READ, .roles = READERS, .statement = "get_referral", .row = "referral",
	  .plan = referrals_get, .wait = true, .audit = CHILD },
	{ .name = "GetReferralDetail", .kind = HEARTH_READ, .roles = READERS, .statement = "get_referral_detail",
	  .plan = referrals_get_detail, .wait = true, .audit = CHILD },
	{ .name = "ListReferrals", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_referrals",
	  .row = "referrals", .plan = referrals_list, .audit = "referrals.child_id" },
	{ .name = "WithdrawReferral", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "withdraw_referral",
	  .replay = "replay_referral", .row = "referral", .plan = referrals_withdraw, .audit = CHILD },
	{ .name = "LinkSiblings", .kind = HEARTH_WRITE, .roles = WRITERS, .statement = "link_siblings",
	  .replay = "replay_siblings", .plan = referrals_link_siblings, .audit = CHILD },
	{ .name = "RecordOffer", .kind = HEARTH_WRITE, .roles = DECIDERS, .statement = "record_offer",
	  .replay = "replay_offer", .row = "offer", .plan = referrals_record_offer, .audit = OFFER },
	{ .name = "DeclineOffer", .kind = HEARTH_WRITE, .roles = DECIDERS, .statement = "decline_offer",
	  .replay = "replay_offer", .row = "offer", .plan = referrals_decline_offer, .audit = OFFER },
	{ .name = "AcceptOffer", .kind = HEARTH_WRITE, .roles = DECIDERS, .statement = "accept_offer",
	  .replay = "replay_accept", .plan = referrals_accept_offer, .audit = CHILD },
	{ .name = NULL },
};

static const struct hearth_refusal refusals[] = {
	{ "NOT_FOUND", HEARTH_NOT_FOUND, "", "there is no such referral or offer in this authority" },
	{ "NEEDED_BY_MISSING", HEARTH_FAILED_PRECONDITION, "needed_by",
	  "an open referral says by which day a home is needed" },
	{ "OFFER_NOT_OPEN", HEARTH_FAILED_PRECONDITION, "offer_id",
	  "only an offer that is OFFERED can be decided: it is %s" },
	{ "TOO_MANY_OFFERS", HEARTH_FAILED_PRECONDITION, "referral_id", "a referral holds at most 200 offers" },
	{ "TOO_MANY_SIBLINGS", HEARTH_FAILED_PRECONDITION, "sibling_referral_ids",
	  "a referral is linked with at most 20 brothers and sisters, and so is each of them" },
	{ "EXTERNAL_ID_TAKEN", HEARTH_ALREADY_EXISTS, "external_id", "another one has this key of that system" },
	{ "TOO_MANY_EXTERNAL_IDS", HEARTH_FAILED_PRECONDITION, "external_id", "at most 10 keys of other systems are kept" },
	{ "CHILD_ID_MISSING", HEARTH_INVALID_ARGUMENT, "child_id", "the referral is new: child_id is missing" },
	{ "URGENCY_MISSING", HEARTH_INVALID_ARGUMENT, "urgency", "the referral is new: urgency is missing" },
	{ "CHILD_DIFFERS", HEARTH_FAILED_PRECONDITION, "child_id", "the referral of this key is about another child" },
	{ .reason = NULL },
};

static const struct hearth_key keys[] = {
	{ "hold-hours", HEARTH_KEY_INT, "48", "hours for which a place is asked to be held, unless the call says", 1, 720 },
	{ .name = NULL },
};

static const struct hearth_service service = {
	.name = "referrals",
	.contract = &hearth__referrals__v1__referrals__descriptor,
	.methods = methods,
	.refusals = refusals,
	.tells = referrals_told,
	.hears = referrals_sources,
	.timers = referrals_timers,
	.keys = keys,
	.sql = referrals_sql,
	.contracts = &referrals_contracts,
};

int main(int argc, char **argv)
{
	return hearth_service_main(argc, argv, &service);
}
