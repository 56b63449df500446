-- Agreements by start date: all, of one state, of one child or home, or those with a day that has no fee.
SELECT a.id::text AS "id", a.placement_id::text AS placement_id, a.child_id::text AS child_id,
	a.home_id::text AS home_id, a.state, a.start_date, a.end_date, a.notice_days AS "notice_days.value",
	a.notice_paid_days,
	fee_shown(a.start_date, a.end_date, :today::date, r.rates) AS "weekly_fee.pence",
	days_unpriced(a.start_date, coalesce(a.end_date, :today::date), r.rates) AS unpriced_days,
	posted_shown(a.authority, a.id) AS "posted.pence", a.posted_to, a.version::text AS etag,
	a.start_date::text || ' ' || a.id::text AS page_key
FROM agreement a CROSS JOIN LATERAL (SELECT rates_of(a.authority, a.id) AS rates) r
WHERE a.authority = :authority::text
	AND (:state::text IS NULL OR a.state = :state::text)
	AND (:child_id::uuid IS NULL OR a.child_id = :child_id::uuid)
	AND (:home_id::uuid IS NULL OR a.home_id = :home_id::uuid)
	AND (:page_after::text IS NULL OR (a.start_date, a.id) >
		(split_part(:page_after::text, ' ', 1)::date, split_part(:page_after::text, ' ', 2)::uuid))
	AND (NOT :unpriced_only::boolean OR EXISTS (
		SELECT 1 FROM rate_in_force f
		WHERE f.authority = a.authority AND f.agreement_id = a.id AND f.weekly_fee_pence IS NULL
			AND f.from_date < coalesce(a.end_date, 'infinity') AND (f.to_date IS NULL OR f.to_date > a.start_date)))
ORDER BY a.start_date, a.id
LIMIT :page_limit::integer
