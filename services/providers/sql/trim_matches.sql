-- Timer "match_keep": answers that were kept long enough go, some at a time, and then the lines of homes that no kept answer
-- needs. The revision of today is noted first: what was closed before the one of the oldest day that is kept can go.
-- scope: internal
-- plan: fresh
WITH due AS (
	SELECT t.id FROM timer t WHERE t.id = :timer_id::uuid AND t.due = :due::timestamptz
), noted AS (
	INSERT INTO match_day (day, revision)
	SELECT :today::date, coalesce((SELECT max(m.revision) FROM match_home m WHERE m.until_revision IS NULL), 0)
	WHERE EXISTS (SELECT 1 FROM due)
	ON CONFLICT (day) DO NOTHING
), runs AS (
	DELETE FROM match_run r USING (SELECT o.authority, o.id FROM match_run o
		WHERE o.law_day < :keep_from::date ORDER BY o.created LIMIT 1000) old
	WHERE EXISTS (SELECT 1 FROM due) AND r.authority = old.authority AND r.id = old.id
	RETURNING r.id
), needed AS (
	-- The first revision on a day that is not after the first day that is kept
	SELECT max(d.revision) AS revision FROM match_day d WHERE d.day <= :keep_from::date
), lines AS (
	DELETE FROM match_home m USING (SELECT o.home_id, o.revision FROM match_home o
		WHERE o.until_revision <= (SELECT n.revision FROM needed n) LIMIT 5000) old
	WHERE EXISTS (SELECT 1 FROM due) AND (SELECT count(1) FROM runs) < 1000
		AND m.home_id = old.home_id AND m.revision = old.revision
	RETURNING m.home_id
), days AS (
	DELETE FROM match_day d WHERE EXISTS (SELECT 1 FROM due)
		AND d.day < (SELECT max(o.day) FROM match_day o WHERE o.day <= :keep_from::date)
)
UPDATE timer t SET due = CASE WHEN (SELECT count(1) FROM runs) = 1000 OR (SELECT count(1) FROM lines) = 5000
	THEN :now::timestamptz + interval '1 second' ELSE (:today::date + 1)::timestamp AT TIME ZONE 'Europe/London' END
FROM due d WHERE t.id = d.id
RETURNING t.subject
