/* finance.h: what main.c names in its tables. Inside this service only. */
#ifndef FINANCE_FINANCE_H
#define FINANCE_FINANCE_H

#include <hearth/service.h>

hearth_plan_fn finance_plan_get_agreement, finance_plan_lookup_agreement, finance_plan_list_agreements,
    finance_plan_get_ledger, finance_plan_get_ledger_days, finance_plan_get_spend, finance_plan_price_agreement,
    finance_plan_upsert_agreement_external_id, finance_plan_record_agreement_line, finance_plan_list_agreement_lines,
    finance_plan_list_cost_types, finance_plan_get_commitment, finance_plan_verify_ledger;
hearth_reply_fn finance_reply_get_ledger_days, finance_reply_get_commitment, finance_reply_verify_ledger;

/* events.c */
extern const struct hearth_told finance_told[];
extern const struct hearth_source finance_sources[];
extern const struct hearth_timer finance_timers[];

#endif
