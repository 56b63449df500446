-- Timer "shortlists": open needs whose homes were last looked for before the newest change of supply, or before today, some
-- at a time, with what each council asks by; before them the newest revision, after them each home that has changed since
-- what this process's index has (:known_revision).
-- scope: internal
WITH latest AS (
	SELECT coalesce(max(m.revision), 0) AS revision FROM match_home m WHERE m.until_revision IS NULL
), behind AS (
	SELECT n.authority, n.referral_id, n.child_id, n.needs, n.urgency, n.version, n.found, n.found_revision, n.found_day
	FROM need n, latest l
	WHERE n.found_revision < l.revision OR n.found_day < :today::date
	ORDER BY n.found_revision, n.referral_id LIMIT 50
), council AS (
	SELECT c.authority, s.authority AS weights_authority, s.version AS weights_version,
		(SELECT jsonb_agg(jsonb_build_object('code', w.code, 'value', w.value)) FROM match_weight w
			WHERE w.authority = s.authority AND w.version = s.version) AS weights,
		(SELECT jsonb_agg(a.adjoining ORDER BY a.adjoining) FROM adjoining a WHERE a.authority = c.authority) AS adjoining,
		(SELECT jsonb_agg(jsonb_build_object('code', r.code, 'value', r.value, 'codes', r.codes, 'source', r.source)
			ORDER BY r.code) FROM match_rules(c.authority, :today::date) r) AS rules
	FROM (SELECT DISTINCT b.authority FROM behind b) c
	CROSS JOIN LATERAL (SELECT w.authority, w.version FROM match_weight w WHERE w.authority IN (c.authority, '')
		ORDER BY w.authority DESC, w.version DESC LIMIT 1) s
)
SELECT NULL::uuid AS id, NULL::bigint AS revision, NULL::text AS facts,
	jsonb_build_object('revision', (SELECT l.revision FROM latest l)) AS head
UNION ALL
SELECT NULL, NULL, NULL, jsonb_build_object('authority', b.authority, 'referralId', b.referral_id, 'childId', b.child_id,
	'needs', b.needs, 'urgency', b.urgency, 'version', b.version, 'found', b.found, 'foundRevision', b.found_revision,
	'foundToday', b.found_day >= :today::date, 'rules', c.rules, 'weights', c.weights,
	'weightsAuthority', c.weights_authority, 'weightsVersion', c.weights_version, 'adjoining', c.adjoining)
FROM behind b JOIN council c ON c.authority = b.authority
UNION ALL
SELECT m.home_id, m.revision, m.facts, NULL
FROM match_home m WHERE m.until_revision IS NULL AND m.revision > :known_revision::bigint
