-- Whose a home is, as providers tells it: another revision when it is another's.
-- scope: supply
WITH held AS (
	SELECT h.revision, h.provider_id FROM home h WHERE h.home_id = :home_id::uuid ORDER BY h.revision DESC LIMIT 1
)
INSERT INTO home (home_id, revision, provider_id, recorded)
SELECT :home_id::uuid, coalesce((SELECT h.revision FROM held h), 0) + 1, :provider_id::uuid, :now::timestamptz
WHERE (SELECT h.provider_id FROM held h) IS DISTINCT FROM :provider_id::uuid
