-- An agreement by its id.
SELECT
	a.id::text AS "id", a.placement_id::text AS placement_id, a.child_id::text AS child_id,
	a.home_id::text AS home_id, a.state, a.start_date, a.end_date, a.notice_days AS "notice_days.value",
	a.notice_paid_days,
	fee_shown(a.start_date, a.end_date, :today::date, r.rates) AS "weekly_fee.pence", rates_shown(r.rates) AS rates,
	days_unpriced(a.start_date, coalesce(a.end_date, :today::date), r.rates) AS unpriced_days,
	posted_shown(a.authority, a.id) AS "posted.pence", a.posted_to,
	external_ids_shown(a.authority, a.id) AS external_ids, a.version::text AS etag
FROM agreement a CROSS JOIN LATERAL (SELECT rates_of(a.authority, a.id) AS rates) r
WHERE a.authority = :authority::text AND a.id = :agreement_id::uuid
