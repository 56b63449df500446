-- What an answer was made from, so that it can be made again; and that somebody looked on this day.
WITH kept AS (
	INSERT INTO match_run (authority, id, referral_id, child_id, needs, urgency, revision, weights_authority, weights_version,
		law_day, law, adjoining, fitting, left_out, actor, created)
	SELECT :authority::text, :run_id::uuid, :run_referral::uuid, :run_child::uuid, :run_needs::jsonb, :run_urgency::text,
		:run_revision::bigint, :run_weights_authority::text, :run_weights_version::bigint, :today::date, :run_law::jsonb,
		coalesce(:run_adjoining::jsonb, '[]'), :run_fitting::integer, :run_left_out::integer, :actor::text, :now::timestamptz
	RETURNING id
), day AS (
	INSERT INTO match_day (day, revision) SELECT :today::date, :run_revision::bigint
	ON CONFLICT (day) DO UPDATE SET revision = excluded.revision WHERE match_day.revision > excluded.revision
)
SELECT k.id FROM kept k
