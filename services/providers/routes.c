/* routes.c: plans of the calls about contracts, their members and fees, and documents.
 *
 * What can be said of one request alone is checked here; what depends on what is recorded is the statements'. A list is
 * refused whole, naming the item and the field that is wrong.
 */
#include "providers.h"

#include <stdio.h>
#include <string.h>

#include <hearth/text.h>

#include "block_usage.h"

#define MOST_EXTENSIONS 10
#define MOST_COMMISSIONERS BLOCK_MOST_BUYERS
#define MOST_LOTS 50
#define MOST_KINDS 8
#define MOST_AREAS 50
#define MOST_CATEGORIES 20
#define MOST_PLACES 99999
#define MOST_TIER 20
#define MOST_RANK 1000

/* "lots[3].code". */
static const char *item_field(char field[64], const char *list, size_t index, const char *name)
{
	snprintf(field, 64, "%s[%zu].%s", list, index, name);
	return field;
}

static int check_council(const char *value, const char *field, struct hearth_status *status)
{
	if (strlen(value) == 3 && strspn(value, "0123456789") == 3)
		return 0;
	return hearth_fail_field(status, field, "%s is no DfE code of a council: three digits", field);
}

static int check_kind(const char *value, const char *field, struct hearth_status *status)
{
	const ProtobufCEnumValue *kind =
		protobuf_c_enum_descriptor_get_value_by_name(&hearth__providers__v1__home_kind__descriptor, value);
	if (kind && kind->value != 0)
		return 0;
	return hearth_fail_field(status, field, "%s is no kind of home: FOSTERING, CHILDRENS_HOME, SUPPORTED_ACCOMMODATION, ...",
	                         field);
}

/* A first day, and the first day on which it no longer holds, which may be the same where `empty_is_well`. */
static int check_span(const char *from, const char *until, bool empty_is_well, const char *until_field,
                      struct hearth_status *status)
{
	if (hearth_check_date_or_empty(until, until_field, status) < 0)
		return -1;
	int order = strcmp(until, from);
	if (*until && *from && (order < 0 || (order == 0 && !empty_is_well)))
		return hearth_fail_field(status, until_field, "%s is %s and it begins on %s: it ends after it began", until_field,
		                         until, from);
	return 0;
}

/* ---- contracts ---- */

static int check_extensions(const Hearth__Providers__V1__UpsertContractRequest *request, struct hearth_status *status)
{
	char field[64];
	if (hearth_check_range((int64_t)request->n_extensions, 0, MOST_EXTENSIONS, "extensions", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_extensions; i++) {
		const Hearth__Providers__V1__ContractExtension *extension = request->extensions[i];
		if (hearth_check_date_or_empty(extension->taken_on, item_field(field, "extensions", i, "taken_on"), status) < 0 ||
		    hearth_check_date(extension->until_date, item_field(field, "extensions", i, "until_date"), status) < 0 ||
		    check_span(*request->until_date ? request->until_date : request->from_date, extension->until_date, false,
		               field, status) < 0)
			return -1;
	}
	return 0;
}

static bool same_commissioner(const Hearth__Providers__V1__ContractCommissioner *one,
                              const Hearth__Providers__V1__ContractCommissioner *other, const char *contract_from)
{
	const char *part = *one->part ? one->part : "CHILDREN", *other_part = *other->part ? other->part : "CHILDREN";
	const char *from = *one->from_date ? one->from_date : contract_from;
	const char *other_from = *other->from_date ? other->from_date : contract_from;
	return strcmp(one->authority, other->authority) == 0 && strcmp(part, other_part) == 0 && strcmp(from, other_from) == 0;
}

static int check_commissioner(const Hearth__Providers__V1__UpsertContractRequest *request, size_t index,
                              struct hearth_status *status)
{
	static const char list[] = "commissioners";
	const Hearth__Providers__V1__ContractCommissioner *buyer = request->commissioners[index];
	char field[64];
	if (check_council(buyer->authority, item_field(field, list, index, "authority"), status) < 0 ||
	    hearth_check_code(buyer->part, 0, 20, item_field(field, list, index, "part"), status) < 0 ||
	    hearth_check_count(buyer->share, BLOCK_MOST_PLACES, item_field(field, list, index, "share.value"), status) < 0 ||
	    hearth_check_date_or_empty(buyer->from_date, item_field(field, list, index, "from_date"), status) < 0 ||
	    check_span(*buyer->from_date ? buyer->from_date : request->from_date, buyer->until_date, false,
	               item_field(field, list, index, "until_date"), status) < 0)
		return -1;
	for (size_t i = 0; i < index; i++)
		if (same_commissioner(buyer, request->commissioners[i], request->from_date))
			return hearth_fail_field(status, item_field(field, list, index, "authority"),
			                         "%s with this part and first day stands in commissioners[%zu] already", field, i);
	return 0;
}

static int check_commissioners(const Hearth__Providers__V1__UpsertContractRequest *request, struct hearth_status *status)
{
	if (hearth_check_range((int64_t)request->n_commissioners, 0, MOST_COMMISSIONERS, "commissioners", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_commissioners; i++)
		if (check_commissioner(request, i, status) < 0)
			return -1;
	return 0;
}

static int check_lot_lists(const Hearth__Providers__V1__ContractLot *lot, size_t index, struct hearth_status *status)
{
	char field[64];
	if (hearth_check_range((int64_t)lot->n_home_kinds, 1, MOST_KINDS, item_field(field, "lots", index, "home_kinds"), status) < 0)
		return -1;
	for (size_t i = 0; i < lot->n_home_kinds; i++)
		if (check_kind(lot->home_kinds[i], field, status) < 0)
			return -1;
	item_field(field, "lots", index, "area_authorities");
	if (hearth_check_range((int64_t)lot->n_area_authorities, 0, MOST_AREAS, field, status) < 0)
		return -1;
	for (size_t i = 0; i < lot->n_area_authorities; i++)
		if (check_council(lot->area_authorities[i], field, status) < 0)
			return -1;
	item_field(field, "lots", index, "categories");
	if (hearth_check_range((int64_t)lot->n_categories, 0, MOST_CATEGORIES, field, status) < 0)
		return -1;
	for (size_t i = 0; i < lot->n_categories; i++)
		if (hearth_check_code(lot->categories[i], 1, 40, field, status) < 0)
			return -1;
	return 0;
}

static int check_lot(const Hearth__Providers__V1__UpsertContractRequest *request, size_t index, struct hearth_status *status)
{
	const Hearth__Providers__V1__ContractLot *lot = request->lots[index];
	char field[64];
	if (hearth_check_code(lot->code, 1, 20, item_field(field, "lots", index, "code"), status) < 0 ||
	    hearth_check_text(lot->name, 0, 200, item_field(field, "lots", index, "name"), status) < 0 ||
	    check_lot_lists(lot, index, status) < 0 ||
	    hearth_check_count(lot->places, MOST_PLACES, item_field(field, "lots", index, "places.value"), status) < 0 ||
	    hearth_check_count(lot->places_inside, MOST_PLACES, item_field(field, "lots", index, "places_inside.value"), status) < 0)
		return -1;
	if (lot->places_inside && (!lot->places || lot->places_inside->value > lot->places->value))
		return hearth_fail_field(status, field, "%s is %lld and places are %s: those inside are some of all", field,
		                         (long long)lot->places_inside->value, lot->places ? "fewer" : "not known");
	for (size_t i = 0; i < index; i++)
		if (strcmp(request->lots[i]->code, lot->code) == 0)
			return hearth_fail_field(status, item_field(field, "lots", index, "code"), "%s stands in lots[%zu] already", field,
			                         i);
	return 0;
}

int providers_upsert_contract(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__UpsertContractRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->contract_id, "contract_id", status) < 0 ||
	    hearth_check_text(request->reference, 1, 40, "reference", status) < 0 ||
	    hearth_check_text(request->name, 0, 200, "name", status) < 0 ||
	    hearth_check_date(request->from_date, "from_date", status) < 0 ||
	    check_span(request->from_date, request->until_date, false, "until_date", status) < 0)
		return -1;
	if (!request->kind)
		return hearth_fail_field(status, "kind",
		                         "kind is missing: FRAMEWORK, DYNAMIC_MARKET, BLOCK, SPOT or PREFERRED_PROVIDER");
	if (check_extensions(request, status) < 0 || check_commissioners(request, status) < 0 ||
	    hearth_check_range((int64_t)request->n_lots, 0, MOST_LOTS, "lots", status) < 0)
		return -1;
	for (size_t i = 0; i < request->n_lots; i++)
		if (check_lot(request, i, status) < 0)
			return -1;
	return 0;
}

int providers_get_contract(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetContractRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->contract_id, "contract_id", status);
}

int providers_list_contracts(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListContractsRequest *request = hearth_call_request(call);
	return hearth_check_date_or_empty(request->date, "date", status);
}

int providers_join_contract(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__JoinContractRequest *request = hearth_call_request(call);
	return hearth_check_uuid(request->contract_id, "contract_id", status);
}

int providers_end_contract(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__EndContractRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->contract_id, "contract_id", status) < 0 ||
	    hearth_check_date(request->date, "date", status) < 0)
		return -1;
	return hearth_check_code(request->reason, 1, 40, "reason", status);
}

int providers_contracted_places(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__GetContractedPlacesRequest *request = hearth_call_request(call);
	return hearth_check_date_or_empty(request->date, "date", status);
}

/* ---- members and fees ---- */

int providers_upsert_contract_member(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__UpsertContractMemberRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->contract_id, "contract_id", status) < 0 ||
	    hearth_check_code(request->lot, 1, 20, "lot", status) < 0 ||
	    hearth_check_uuid(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_uuid_or_empty(request->home_id, "home_id", status) < 0 ||
	    (request->tier && hearth_check_range(request->tier->value, 1, MOST_TIER, "tier.value", status) < 0) ||
	    (request->rank && hearth_check_range(request->rank->value, 1, MOST_RANK, "rank.value", status) < 0) ||
	    hearth_check_date(request->from_date, "from_date", status) < 0)
		return -1;
	return check_span(request->from_date, request->until_date, true, "until_date", status);
}

int providers_list_contract_members(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListContractMembersRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->contract_id, "contract_id", status) < 0)
		return -1;
	return hearth_check_code(request->lot, 0, 20, "lot", status);
}

int providers_set_fee(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__SetFeeRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->contract_id, "contract_id", status) < 0 ||
	    hearth_check_code(request->lot, 0, 20, "lot", status) < 0 ||
	    hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_uuid_or_empty(request->home_id, "home_id", status) < 0 ||
	    (*request->home_kind && check_kind(request->home_kind, "home_kind", status) < 0) ||
	    hearth_check_code(request->band, 0, 20, "band", status) < 0 ||
	    hearth_check_weekly_fee(request->weekly_fee, "weekly_fee.pence", status) < 0 ||
	    hearth_check_date(request->from_date, "from_date", status) < 0)
		return -1;
	return check_span(request->from_date, request->until_date, true, "until_date", status);
}

int providers_list_fees(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListFeesRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->contract_id, "contract_id", status) < 0 ||
	    hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0)
		return -1;
	return hearth_check_date_or_empty(request->date, "date", status);
}

/* ---- documents ---- */

int providers_record_document(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__RecordDocumentRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_uuid_or_empty(request->home_id, "home_id", status) < 0)
		return -1;
	if (!*request->provider_id == !*request->home_id)
		return hearth_fail_field(status, "provider_id", "one of provider_id and home_id is wanted: whose document it is");
	if (hearth_check_code(request->type, 1, 40, "type", status) < 0 ||
	    hearth_check_text(request->reference, 0, 100, "reference", status) < 0 ||
	    hearth_check_date_or_empty(request->issued, "issued", status) < 0 ||
	    check_span(request->issued, request->expires, false, "expires", status) < 0)
		return -1;
	size_t size = strlen(request->sha256);
	if (size && (size != 64 || strspn(request->sha256, "0123456789abcdef") != 64))
		return hearth_fail_field(status, "sha256", "sha256 is no SHA-256: 64 hexadecimal digits, in small letters");
	return 0;
}

int providers_withdraw_document(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__WithdrawDocumentRequest *request = hearth_call_request(call);
	if (hearth_check_uuid(request->document_id, "document_id", status) < 0)
		return -1;
	return hearth_check_code(request->reason, 1, 40, "reason", status);
}

int providers_list_documents(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListDocumentsRequest *request = hearth_call_request(call);
	if (hearth_check_uuid_or_empty(request->provider_id, "provider_id", status) < 0 ||
	    hearth_check_uuid_or_empty(request->home_id, "home_id", status) < 0 ||
	    hearth_check_code(request->type, 0, 40, "type", status) < 0)
		return -1;
	return hearth_check_date_or_empty(request->expires_before, "expires_before", status);
}

int providers_list_document_types(struct hearth_call *call, struct hearth_status *status)
{
	const Hearth__Providers__V1__ListDocumentTypesRequest *request = hearth_call_request(call);
	return hearth_check_date_or_empty(request->date, "date", status);
}
