-- One placement by another system's key.
SELECT p.id, p.etag, p.child_id, p.state, p.referral_id, p.offer_id, p.hold_id, p.home_id, p.planned_start, p.planned_end,
	p.start_date, p.end_date, p."weekly_fee.pence", p."notice_days.value", p.placement_type, p.legal_status,
	p.reason, p."notice_hours.value", p.end_code, p.moved_from, p.moved_to, p.left_care, p.fee_changes,
	p.external_ids
FROM placement_reading p
WHERE p.authority = :authority::text AND p.id = (SELECT x.resource FROM external_id x
	WHERE x.authority = :authority::text AND x.kind = 'placement' AND x.system = :external_id_system::text
		AND x.id = :external_id_id::text)
