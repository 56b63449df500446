-- A move plan that a repeated request recorded.
SELECT m.id, m.hold_id, k.home_id, k.child_id, m.by_date, m.referral_id, m.recorded
FROM move_plan m CROSS JOIN LATERAL (SELECT h.home_id, h.child_id FROM hold h
	WHERE h.id = m.hold_id AND h.authority = m.authority LIMIT 1) k
WHERE m.authority = :authority::text AND m.id = :result_key::uuid
