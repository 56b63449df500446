-- Timer "shortlists": up to where each need was looked at; a shortlist that is another than the one that was told last is
-- told. Looks again soon while needs are behind, else when a home has changed (match_note) or the next day has begun.
-- scope: internal
-- plan: fresh
WITH due AS (
	SELECT t.id FROM timer t WHERE t.id = :timer_id::uuid AND t.due = :due::timestamptz
), looked AS (
	SELECT x.authority, x.referral_id, x.version, x.told, x.homes, x.suitable, x.left_out
	FROM jsonb_to_recordset(:looked::jsonb) x (authority text, referral_id uuid, version bigint, told boolean, homes jsonb,
		suitable integer, left_out integer)
), effect AS (
	UPDATE need n SET found_revision = :revision::bigint, found_day = :today::date,
		found = CASE WHEN l.told THEN l.homes ELSE n.found END, version = n.version + l.told::integer
	FROM looked l
	WHERE EXISTS (SELECT 1 FROM due) AND n.authority = l.authority AND n.referral_id = l.referral_id AND n.version = l.version
	RETURNING n.authority, n.referral_id, n.child_id, n.version, l.told, l.homes, l.suitable, l.left_out
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.homes.found.v1', 'referral', e.referral_id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', e.referral_id, 'childId', e.child_id, 'homes', e.homes, 'suitable', e.suitable, 'leftOut', e.left_out)
	FROM effect e WHERE e.told
), more AS (
	SELECT count(1) >= 50 OR EXISTS (SELECT 1 FROM match_home m
		WHERE m.until_revision IS NULL AND m.revision > :revision::bigint) AS behind
	FROM looked
), moved AS (
	UPDATE timer t SET
		due = CASE WHEN m.behind OR (SELECT count(1) FROM looked) > 20 THEN :now::timestamptz + interval '1 second'
			ELSE (:today::date + 1)::timestamp AT TIME ZONE 'Europe/London' END,
		data = CASE WHEN m.behind OR (SELECT count(1) FROM looked) > 20 THEN '{}'::jsonb ELSE '{"idle": true}' END
	FROM due d, more m WHERE t.id = d.id
)
SELECT e.referral_id FROM effect e
