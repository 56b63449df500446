-- A child with all episodes, placements and periods of care, oldest first.
SELECT c.id AS "child.id", c.etag AS "child.etag", c.sex AS "child.sex",
	c."date_of_birth.value" AS "child.date_of_birth.value", c.unaccompanied AS "child.unaccompanied",
	c.external_ids AS "child.external_ids", c."turns_16.value" AS "child.turns_16.value",
	c."turns_18.value" AS "child.turns_18.value",
	(SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('decom', e.decom, 'rne', e.rne, 'ls', e.ls,
		'cin', e.cin, 'place', e.place, 'placeProvider', e.place_provider, 'dec', e.dec, 'rec', e.rec,
		'reasonPlaceChange', e.reason_place_change, 'homeOutward', e.home_outward, 'placeOutward', e.place_outward,
		'urn', e.urn, 'returnYear', e.return_year, 'source', e.source, 'placementId', e.placement)) ORDER BY e.decom),
		'[]') FROM episode e WHERE e.authority = c.authority AND e.child = c.id) AS episodes,
	(SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', p.id, 'etag', p.etag, 'childId', p.child_id,
		'state', p.state, 'referralId', p.referral_id, 'offerId', p.offer_id, 'holdId', p.hold_id, 'homeId', p.home_id,
		'plannedStart', p.planned_start, 'plannedEnd', p.planned_end, 'startDate', p.start_date, 'endDate', p.end_date, 'weeklyFee',
		CASE WHEN p."weekly_fee.pence" IS NOT NULL THEN jsonb_build_object('pence', p."weekly_fee.pence") END,
		'noticeDays', CASE WHEN p."notice_days.value" IS NOT NULL THEN
			jsonb_build_object('value', p."notice_days.value") END,
		'placementType', p.placement_type, 'legalStatus', p.legal_status, 'reason', p.reason, 'noticeHours',
		CASE WHEN p."notice_hours.value" IS NOT NULL THEN jsonb_build_object('value', p."notice_hours.value") END,
		'endCode', p.end_code, 'movedFrom', p.moved_from, 'movedTo', p.moved_to, 'leftCare', p.left_care,
		'feeChanges', p.fee_changes, 'externalIds', p.external_ids)) ORDER BY coalesce(p.start_date, p.planned_start), p.id), '[]')
		FROM placement_reading p WHERE p.authority = c.authority AND p.child_id = c.id) AS placements,
	care_periods(c.authority, c.id) AS care_periods
FROM child_reading c WHERE c.authority = :authority::text AND c.id = :child_id::uuid
