-- The plans by which children of one's own authority move out of a home, by the place in which they live.
SELECT m.hold_id::text AS page_key,
	m.id, m.hold_id, k.home_id, k.child_id, m.by_date, m.referral_id, m.recorded
FROM hold k JOIN move_plan m ON m.hold_id = k.id AND m.authority = k.authority AND NOT m.replaced
WHERE k.home_id = :home_id::uuid AND k.state = 'CONFIRMED' AND k.authority = :authority::text
	AND k.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
ORDER BY k.id
LIMIT :page_limit::bigint
