-- Sets another system's key of an agreement: one key per system, and a key belongs to one agreement.
WITH seen AS (
	SELECT outcome, result_key FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text)
), target AS (
	SELECT a.authority, a.id, a.placement_id, a.child_id, a.home_id, a.state, a.start_date, a.end_date, a.notice_days,
		a.notice_paid_days, a.posted_to, rates_of(a.authority, a.id) AS rates
	FROM agreement a WHERE a.authority = :authority::text AND a.id = :agreement_id::uuid
), holder AS (
	SELECT x.agreement_id FROM agreement_external_id x
	WHERE x.authority = :authority::text AND x.system = :external_id_system::text AND x.id = :external_id_id::text
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT outcome FROM seen)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN EXISTS (SELECT 1 FROM holder h WHERE h.agreement_id <> :agreement_id::uuid) THEN 'EXTERNAL_ID_TAKEN'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE agreement a SET version = a.version + 1, updated = :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND a.authority = :authority::text AND a.id = :agreement_id::uuid
	RETURNING a.authority, a.id, a.version
), kept AS (
	INSERT INTO agreement_external_id (authority, system, id, agreement_id)
	SELECT e.authority, :external_id_system::text, :external_id_id::text, e.id FROM effect e
	ON CONFLICT (authority, agreement_id, system) DO UPDATE SET id = excluded.id
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text, :now::timestamptz FROM effect e
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	t.id::text AS "id", t.placement_id::text AS placement_id, t.child_id::text AS child_id,
	t.home_id::text AS home_id, t.state, t.start_date, t.end_date, t.notice_days, t.notice_paid_days,
	fee_shown(t.start_date, t.end_date, :today::date, t.rates) AS "weekly_fee.pence", rates_shown(t.rates) AS rates,
	days_unpriced(t.start_date, coalesce(t.end_date, :today::date), t.rates) AS unpriced_days,
	posted_shown(t.authority, t.id) AS "posted.pence", t.posted_to,
	(
		SELECT jsonb_agg(jsonb_build_object('system', i.system, 'id', i.id) ORDER BY i.system) FROM (
			SELECT x.system, x.id FROM agreement_external_id x
			WHERE x.authority = t.authority AND x.agreement_id = t.id AND x.system <> :external_id_system::text
			UNION ALL SELECT :external_id_system::text, :external_id_id::text
		) i
	) AS external_ids, e.version::text AS etag
FROM verdict v LEFT JOIN effect e ON true LEFT JOIN target t ON t.id = e.id
