/* providers.h: what the files of this service share. */
#ifndef PROVIDERS_H
#define PROVIDERS_H

#include <hearth/service.h>
#include <hearth/v1/common.pb-c.h>
#include <hearth/providers/v1/providers.pb-c.h>

/* methods.c */
hearth_plan_fn providers_upsert_provider, providers_get_provider, providers_upsert_home, providers_get_home,
	providers_list_homes, providers_close_home, providers_open_home, providers_get_occupancy, providers_release_hold,
	providers_import_homes;

/* tables.c */
hearth_plan_fn providers_import_councils, providers_import_adjoining, providers_list_adjoining,
	providers_import_postcodes, providers_lookup_postcode;
hearth_reply_fn providers_found_postcode;
/* fostering.c */
hearth_plan_fn providers_record_approval, providers_end_approval, providers_list_approvals, providers_get_household,
	providers_list_households, providers_grant_exemption, providers_end_exemption, providers_list_exemptions,
	providers_start_temporary, providers_extend_temporary, providers_end_temporary, providers_list_temporary,
	providers_record_review, providers_list_reviews, providers_record_enquiry, providers_move_stage,
	providers_list_pipeline, providers_pipeline_report, providers_declare_kept, providers_upsert_constellation,
	providers_list_constellations, providers_constellation_totals, providers_utilisation;
/* fostering_timers.c */
hearth_reply_fn providers_reply_temporary, providers_reply_list_temporary;
hearth_plan_fn providers_temporary_due, providers_review_due;
/* settings.c */
hearth_plan_fn providers_record_registration, providers_list_registrations, providers_record_inspection,
	providers_list_inspections, providers_set_bar, providers_lift_bar, providers_list_bars, providers_end_home,
	providers_record_move_plan, providers_list_move_plans;

/* Binds :sees_fees: an actor that is a provider's staff and nothing else sees no home's fee, for it may be a rival's. */
void providers_bind_sees_fees(struct hearth_call *call);
/* settings_ofsted.c */
hearth_plan_fn providers_import_ofsted;

/* search.c */
hearth_plan_fn providers_find_homes;
hearth_step_fn providers_found_homes;

/* match_calls.c, match_many.c, match_weights.c, match_shortlist.c */
hearth_plan_fn providers_match_homes, providers_explain_home, providers_get_match, providers_list_matches,
	providers_match_group, providers_match_queue, providers_match_keep, providers_get_match_weights,
	providers_set_match_weights, providers_search_begin;
hearth_step_fn providers_matched_homes, providers_explained_home, providers_got_match, providers_matched_group,
	providers_matched_queue, providers_search_timer, providers_shortlists_timer;

/* routes.c, routes_block.c */
hearth_plan_fn providers_upsert_contract, providers_get_contract, providers_list_contracts, providers_join_contract,
	providers_end_contract, providers_upsert_contract_member, providers_list_contract_members, providers_set_fee,
	providers_list_fees, providers_contracted_places, providers_block_report, providers_record_document, providers_withdraw_document,
	providers_list_documents, providers_list_document_types;
hearth_step_fn providers_block_reported;

/* events.c */
extern const struct hearth_source providers_sources[];
extern const struct hearth_timer providers_timers[];
extern const struct hearth_told providers_told[];

/* check.c: what is known of providers and homes, as calls and files give it. `prefix` stands before the field's name. */
struct providers_home_facts {
	const char *name, *outward, *area_authority, *urn;
	int kind, registration, places;
	const Hearth__V1__GridReference *grid;
	const Hearth__V1__Money *weekly_fee;
	const Hearth__V1__Count *notice_days, *registered_places;
	size_t purpose_count;
	char *const *purpose;
	const Hearth__Providers__V1__Terms *terms;
	const char *supported_category, *register_name, *registered_from, *registered_until, *planned_open, *manager;
	size_t capability_count, excluded_risk_count;
	char *const *capabilities, *const *excluded_risks;
};
int providers_check_home(const struct providers_home_facts *home, const char *prefix, struct hearth_status *status);
/* Empty, SC and six digits, or seven digits. */
int providers_check_urn(const char *urn, const char *prefix, struct hearth_status *status);
/* Who registers it, and from when until when, as far as that is known. */
int providers_check_registered(const char *register_name, const char *from, const char *until, const char *prefix,
                               struct hearth_status *status);
int providers_check_provider(const char *name, const char *code, const char *own_authority, const char *prefix,
                             struct hearth_status *status);
/* What a list of homes is narrowed to; empty: everywhere. */
int providers_check_area(const char *area_authority, const char *outward, struct hearth_status *status);
int providers_check_needs(const Hearth__Providers__V1__Needs *needs, struct hearth_status *status);
/* What an SSDA903 provider code says of the sector; unspecified for none. */
Hearth__Providers__V1__Sector providers_sector_of(const char *code);

#endif
