-- A home by its id, or by another system's key.
-- scope: supply
SELECT h.id, h.version::text AS etag, h.provider_id, h.name, h.kind, h.outward, h.easting AS "grid.easting",
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
WHERE h.id = :home_id::uuid OR :home_id::uuid IS NULL
	AND h.external_system = :external_id_system::text AND h.external_id = :external_id_id::text
