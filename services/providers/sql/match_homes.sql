-- What a match is made of. The first row is its head: for a new one the need (:subject, a referral), the rules of the day, the
-- council's weights and the areas that adjoin its own; for one that was given (:run_id) those with which it was made. Then
-- each home that has changed since what this process's index has (:known_revision), and for one that was given each home
-- that has changed since, as it was then.
-- scope: supply
WITH run AS (
	SELECT r.referral_id, r.child_id, r.needs, r.urgency, r.revision, r.weights_authority, r.weights_version, r.law_day, r.law,
		r.adjoining, r.fitting, r.left_out, r.actor, r.created
	FROM match_run r WHERE r.authority = :authority::text AND r.id = :run_id::uuid
), need_of AS (
	SELECT n.child_id, n.urgency, coalesce(n.needs, jsonb_build_object(
		'age', CASE WHEN n.age IS NOT NULL THEN jsonb_build_object('value', n.age) END,
		'sex', n.sex, 'unaccompanied', n.unaccompanied, 'homeKinds', to_jsonb(n.home_kinds),
		'homeGrid', CASE WHEN n.easting IS NOT NULL
			THEN jsonb_build_object('easting', n.easting, 'northing', n.northing) END,
		'mostMiles', CASE WHEN n.most_miles IS NOT NULL THEN jsonb_build_object('miles', n.most_miles) END,
		'mostWeeklyFee', CASE WHEN n.most_weekly_fee_pence IS NOT NULL
			THEN jsonb_build_object('pence', n.most_weekly_fee_pence) END,
		'children', n.children)) AS needs
	FROM need n WHERE n.authority = :authority::text AND n.referral_id = :subject::uuid
), set_of AS (
	SELECT w.authority, w.version FROM match_weight w
	WHERE w.authority IN (:authority::text, '') ORDER BY w.authority DESC, w.version DESC LIMIT 1
), latest AS (
	SELECT coalesce(max(m.revision), 0) AS revision FROM match_home m WHERE m.until_revision IS NULL
)
SELECT NULL::uuid AS id, NULL::bigint AS revision, NULL::text AS facts, jsonb_build_object(
	'referralId', :subject::uuid, 'childId', (SELECT n.child_id FROM need_of n), 'needs', (SELECT n.needs FROM need_of n),
	'urgency', (SELECT n.urgency FROM need_of n),
	'rules', (SELECT jsonb_agg(jsonb_build_object('code', r.code, 'value', r.value, 'codes', r.codes, 'source', r.source)
			ORDER BY r.code)
		FROM match_rules(:authority::text, :today::date) r),
	'weightsAuthority', (SELECT s.authority FROM set_of s), 'weightsVersion', (SELECT s.version FROM set_of s),
	'weights', (SELECT jsonb_agg(jsonb_build_object('code', w.code, 'value', w.value))
		FROM match_weight w JOIN set_of s ON s.authority = w.authority AND s.version = w.version),
	'adjoining', (SELECT jsonb_agg(a.adjoining ORDER BY a.adjoining) FROM adjoining a WHERE a.authority = :authority::text),
	'revision', (SELECT l.revision FROM latest l)) AS head
WHERE :run_id::uuid IS NULL
UNION ALL
SELECT NULL, NULL, NULL, jsonb_build_object(
	'referralId', r.referral_id, 'childId', r.child_id, 'needs', r.needs, 'urgency', r.urgency, 'rules', r.law,
	'weightsAuthority', r.weights_authority, 'weightsVersion', r.weights_version,
	'weights', (SELECT jsonb_agg(jsonb_build_object('code', w.code, 'value', w.value)) FROM match_weight w
		WHERE w.authority = r.weights_authority AND w.version = r.weights_version),
	'adjoining', r.adjoining, 'day', r.law_day, 'asOf', r.revision, 'fitting', r.fitting, 'leftOut', r.left_out,
	'actor', r.actor, 'now', floor(extract(epoch FROM r.created))::bigint,
	'createdUs', (extract(epoch FROM r.created) * 1000000)::bigint, 'revision', (SELECT l.revision FROM latest l))
FROM run r
UNION ALL
SELECT m.home_id, m.revision, m.facts, NULL
FROM match_home m WHERE m.until_revision IS NULL AND m.revision > :known_revision::bigint
UNION ALL
SELECT m.home_id, m.revision, m.facts, NULL
FROM match_home m
WHERE m.until_revision > (SELECT r.revision FROM run r) AND m.revision <= (SELECT r.revision FROM run r)
