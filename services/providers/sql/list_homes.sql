-- Homes, by id.
-- scope: supply
SELECT h.id::text AS page_key,
	h.id, h.version::text AS etag, h.provider_id, h.name, h.kind, h.outward, h.easting AS "grid.easting",
	h.northing AS "grid.northing", h.area_authority,
	CASE WHEN :sees_fees::boolean THEN h.weekly_fee_pence END AS "weekly_fee.pence",
	h.notice_days::bigint AS "notice_days.value", h.open, h.urn, h.registration,
	h.registered_places::bigint AS "registered_places.value", h.purpose,
	h.least_age::bigint AS "terms.least_age.value", h.most_age::bigint AS "terms.most_age.value",
	h.sex AS "terms.sex", h.most_children::bigint AS "terms.most_children.value",
	h.siblings_only AS "terms.siblings_only", h.places, h.external_system AS "external_id.system",
	h.external_id AS "external_id.id",
	h.supported_category, h.register, h.registered_from, h.registered_until, h.capabilities,
	h.excluded_risks, h.solo, h.annexe_of, h.planned_open, h.manager, h.latest_outcome,
	h.latest_inspected, h.ends_on
FROM home h
WHERE h.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:kind::text IS NULL OR h.kind = :kind::text)
	AND (:provider_id::uuid IS NULL OR h.provider_id = :provider_id::uuid)
	AND (:area_authority::text IS NULL OR h.area_authority = :area_authority::text)
	AND (:outward::text IS NULL OR h.outward = :outward::text)
	AND (NOT :open_only::boolean OR h.open)
ORDER BY h.id
LIMIT :page_limit::bigint
