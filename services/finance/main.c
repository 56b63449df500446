/* main.c: hearth-finance: what each placement is agreed to cost, and what has been posted for each day.
 *
 * Owns the schema `finance`: agreements, their fees and lines over time, the ledger; and what it needs to say what a year
 * will cost. Agreements come and go by what placements tells; people price what has no fee and add other costs. Nothing
 * in the ledger is ever edited.
 */
#include "finance.h"

#include <hearth/finance/v1/finance.pb-c.h>
#include <hearth/v1/common.pb-c.h>

extern const struct hearth_file finance_sql[];
extern const struct hearth_contracts finance_contracts;

#define ROLE(name) HEARTH_ROLE(HEARTH__V1__ROLE__##name)
#define READERS                                                                                                             \
	(ROLE(PLACEMENT_OFFICER) | ROLE(COMMISSIONER) | ROLE(FINANCE_OFFICER) | ROLE(SOCIAL_WORKER) | ROLE(PERSONAL_ADVISER) \
	 | ROLE(SYSTEM) | ROLE(OPERATOR))

#define AUDITORS (ROLE(COMMISSIONER) | ROLE(FINANCE_OFFICER) | ROLE(SYSTEM) | ROLE(OPERATOR))

static const struct hearth_method methods[] = {
	{ .name = "GetAgreement", .kind = HEARTH_READ, .roles = READERS, .statement = "get_agreement", .row = "agreement",
	  .plan = finance_plan_get_agreement, .wait = true, .audit = "agreement.child_id" },
	{ .name = "LookupAgreement", .kind = HEARTH_READ, .roles = READERS, .statement = "lookup_agreement",
	  .row = "agreement", .plan = finance_plan_lookup_agreement, .audit = "agreement.child_id" },
	{ .name = "ListAgreements", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_agreements",
	  .row = "agreements", .plan = finance_plan_list_agreements, .audit = "agreements.child_id" },
	{ .name = "GetLedger", .kind = HEARTH_SLOW, .roles = READERS, .statement = "get_ledger",
	  .plan = finance_plan_get_ledger, .audit = "agreement_id" },
	{ .name = "GetLedgerDays", .kind = HEARTH_SLOW, .roles = READERS, .statement = "get_ledger_days",
	  .plan = finance_plan_get_ledger_days, .reply = finance_reply_get_ledger_days, .audit = "agreement_id" },
	{ .name = "GetSpend", .kind = HEARTH_SLOW, .roles = READERS, .statement = "get_spend",
	  .plan = finance_plan_get_spend },
	{ .name = "GetCommitment", .kind = HEARTH_SLOW, .roles = READERS, .statement = "get_commitment", .row = "lines",
	  .plan = finance_plan_get_commitment, .reply = finance_reply_get_commitment },
	{ .name = "VerifyLedger", .kind = HEARTH_SLOW, .roles = AUDITORS, .statement = "verify_ledger",
	  .row = "differences", .plan = finance_plan_verify_ledger, .reply = finance_reply_verify_ledger },
	{ .name = "ListAgreementLines", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_agreement_lines",
	  .row = "lines", .plan = finance_plan_list_agreement_lines, .audit = "request.agreement_id" },
	{ .name = "ListCostTypes", .kind = HEARTH_SLOW, .roles = READERS, .statement = "list_cost_types",
	  .row = "cost_types", .plan = finance_plan_list_cost_types },
	{ .name = "RecordAgreementLine", .kind = HEARTH_WRITE, .roles = ROLE(FINANCE_OFFICER),
	  .statement = "record_agreement_line", .replay = "agreement_line_by_key", .row = "line",
	  .plan = finance_plan_record_agreement_line, .audit = "request.agreement_id" },
	{ .name = "PriceAgreement", .kind = HEARTH_WRITE, .roles = ROLE(FINANCE_OFFICER), .statement = "price_agreement",
	  .replay = "agreement_by_key", .row = "agreement", .plan = finance_plan_price_agreement,
	  .audit = "agreement.child_id" },
	{ .name = "UpsertAgreementExternalId", .kind = HEARTH_WRITE, .roles = ROLE(FINANCE_OFFICER) | ROLE(SYSTEM),
	  .statement = "upsert_agreement_external_id", .replay = "agreement_by_key", .row = "agreement",
	  .plan = finance_plan_upsert_agreement_external_id, .audit = "agreement.child_id" },
	{ .name = NULL },
};

static const struct hearth_refusal refusals[] = {
	{ "ALREADY_PRICED", HEARTH_FAILED_PRECONDITION, "from_date",
	  "the day already has a fee: a change of fee is a variation of the placement (agreement runs %s)" },
	{ "OUTSIDE_AGREEMENT", HEARTH_FAILED_PRECONDITION, "from_date", "from_date must be a day of the agreement, which runs %s" },
	{ "LINE_NOT_FOUND", HEARTH_NOT_FOUND, "line_id", "the agreement has no such line" },
	{ "UNKNOWN_COST_TYPE", HEARTH_INVALID_ARGUMENT, "cost_type", "cost_type is not in force on from_date (ListCostTypes)" },
	{ "CORE_IS_THE_FEE", HEARTH_INVALID_ARGUMENT, "cost_type",
	  "this is the placement's own fee: vary the placement, or price the agreement" },
	{ "LINE_OUTSIDE_AGREEMENT", HEARTH_FAILED_PRECONDITION, "from_date",
	  "from_date must be a day of the agreement, which runs %s" },
	{ "TOO_MANY_LINES", HEARTH_FAILED_PRECONDITION, "agreement_id", "an agreement has at most 500 lines and corrections" },
	{ "EXTERNAL_ID_TAKEN", HEARTH_ALREADY_EXISTS, "external_id", "another one has this key of that system" },
	{ "TOO_MANY_EXTERNAL_IDS", HEARTH_FAILED_PRECONDITION, "external_id", "at most 10 keys of other systems are kept" },
	{ .reason = NULL },
};

static const struct hearth_service service = {
	.name = "finance",
	.contract = &hearth__finance__v1__finance__descriptor,
	.methods = methods,
	.refusals = refusals,
	.tells = finance_told,
	.hears = finance_sources,
	.timers = finance_timers,
	.sql = finance_sql,
	.contracts = &finance_contracts,
	.archived = true,
};

int main(int argc, char **argv)
{
	return hearth_service_main(argc, argv, &service);
}
