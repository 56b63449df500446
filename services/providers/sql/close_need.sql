-- The child lives in a home: nothing is looked for any more. A hold left over expires by itself.
WITH gone AS (
	DELETE FROM need n WHERE n.authority = :authority::text AND n.referral_id = :referral_id::uuid
)
DELETE FROM timer t
WHERE t.kind = 'find_homes' AND t.authority = :authority::text AND t.subject = :referral_id::uuid::text
RETURNING t.subject
