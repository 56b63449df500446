-- A child's date of birth, as placements tells it: another revision when it is another one.
WITH held AS (
	SELECT c.revision, c.date_of_birth FROM child c
	WHERE c.authority = :authority::text AND c.child_id = :child_id::uuid ORDER BY c.revision DESC LIMIT 1
)
INSERT INTO child (authority, child_id, revision, date_of_birth, recorded)
SELECT :authority::text, :child_id::uuid, coalesce((SELECT h.revision FROM held h), 0) + 1, :date_of_birth_value::date,
	:now::timestamptz
WHERE :authority::text <> '' AND (SELECT h.date_of_birth FROM held h) IS DISTINCT FROM :date_of_birth_value::date
