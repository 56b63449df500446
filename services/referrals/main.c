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
	{ "CreateReferral", HEARTH_WRITE, WRITERS, "create_referral", "replay_referral", "referral", referrals_create, NULL,
	  false, CHILD },
	{ "UpdateReferral", HEARTH_WRITE, WRITERS, "update_referral", "replay_referral", "referral", referrals_update, NULL,
	  false, CHILD },
	{ "OpenReferral", HEARTH_WRITE, WRITERS, "open_referral", "replay_referral", "referral", referrals_open, NULL,
	  false, CHILD },
	{ "UpsertReferral", HEARTH_WRITE, WRITERS, "upsert_referral", "replay_referral", "referral", referrals_upsert, NULL,
	  false, CHILD },
	{ "UpsertReferralExternalId", HEARTH_WRITE, WRITERS, "upsert_referral_external_id", "replay_referral", "referral",
	  referrals_upsert_external_id, NULL, false, CHILD },
	{ "LookupReferral", HEARTH_READ, READERS, "lookup_referral", NULL, "referral", referrals_lookup, NULL, false,
	  CHILD },
	{ "GetReferral", HEARTH_READ, READERS, "get_referral", NULL, "referral", referrals_get, NULL, true, CHILD },
	{ "GetReferralDetail", HEARTH_READ, READERS, "get_referral_detail", NULL, NULL, referrals_get_detail, NULL,
	  true, CHILD },
	{ "ListReferrals", HEARTH_SLOW, READERS, "list_referrals", NULL, "referrals", referrals_list, NULL, false,
	  "referrals.child_id" },
	{ "WithdrawReferral", HEARTH_WRITE, WRITERS, "withdraw_referral", "replay_referral", "referral", referrals_withdraw,
	  NULL, false, CHILD },
	{ "LinkSiblings", HEARTH_WRITE, WRITERS, "link_siblings", "replay_siblings", NULL, referrals_link_siblings, NULL,
	  false, CHILD },
	{ "RecordOffer", HEARTH_WRITE, DECIDERS, "record_offer", "replay_offer", "offer", referrals_record_offer,
	  NULL, false, OFFER },
	{ "DeclineOffer", HEARTH_WRITE, DECIDERS, "decline_offer", "replay_offer", "offer", referrals_decline_offer, NULL,
	  false, OFFER },
	{ "AcceptOffer", HEARTH_WRITE, DECIDERS, "accept_offer", "replay_accept", NULL, referrals_accept_offer, NULL,
	  false, CHILD },
	{ 0 },
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
	{ 0 },
};

static const struct hearth_key keys[] = {
	{ "hold-hours", HEARTH_KEY_INT, "48", "hours for which a place is asked to be held, unless the call says", 1, 720 },
	{ 0 },
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
