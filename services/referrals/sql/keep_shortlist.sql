-- The first homes found for a referral, while a home is looked for.
WITH effect AS (
	UPDATE referral r SET version = r.version + 1, updated = :now::timestamptz
	WHERE r.authority = :authority::text AND r.id = :referral_id::uuid AND r.state = ANY (:from_states::text[])
	RETURNING r.authority, r.id
)
INSERT INTO shortlist (authority, referral_id, homes, suitable, left_out, found)
SELECT e.authority, e.id, coalesce(:homes::jsonb, '[]'), :suitable::integer, :left_out::integer,
	:event_time::timestamptz
FROM effect e
ON CONFLICT (authority, referral_id) DO UPDATE SET homes = excluded.homes, suitable = excluded.suitable,
	left_out = excluded.left_out, found = excluded.found
RETURNING referral_id
