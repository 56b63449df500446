-- Gives an agreement another system's key; a key that names it already changes nothing.
WITH seen AS (
	SELECT outcome, result_key FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text)
), target AS (
	SELECT a.authority, a.id, a.placement_id, a.child_id, a.home_id, a.state, a.start_date, a.end_date, a.notice_days,
		a.notice_paid_days, a.posted_to, a.version, rates_of(a.authority, a.id) AS rates
	FROM agreement a WHERE a.authority = :authority::text AND a.id = :agreement_id::uuid
), taken AS (
	SELECT x.agreement_id FROM agreement_external_id x
	WHERE x.authority = :authority::text AND x.system = :external_id_system::text AND x.id = :external_id_id::text
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT outcome FROM seen)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT t.version FROM target t)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN EXISTS (SELECT 1 FROM taken k WHERE k.agreement_id <> :agreement_id::uuid) THEN 'EXTERNAL_ID_TAKEN'
		WHEN NOT EXISTS (SELECT 1 FROM taken)
			AND jsonb_array_length(external_ids_shown(:authority::text, :agreement_id::uuid)) >= 10 THEN 'TOO_MANY_EXTERNAL_IDS'
		ELSE 'OK' END AS outcome
), named AS (
	INSERT INTO agreement_external_id (authority, system, id, agreement_id)
	SELECT t.authority, :external_id_system::text, :external_id_id::text, t.id
	FROM verdict v, target t WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM taken)
	RETURNING agreement_id
), effect AS (
	UPDATE agreement a SET version = a.version + 1, updated = :now::timestamptz
	FROM named n WHERE a.authority = :authority::text AND a.id = :agreement_id::uuid
	RETURNING a.id, a.version
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, t.id::text, :now::timestamptz
	FROM verdict v, target t WHERE v.outcome = 'OK'
)
SELECT v.outcome, NULL::text AS detail, coalesce((SELECT s.result_key FROM seen s), t.id::text) AS result_key,
	t.id::text AS "id", t.placement_id::text AS placement_id, t.child_id::text AS child_id,
	t.home_id::text AS home_id, t.state, t.start_date, t.end_date, t.notice_days AS "notice_days.value", t.notice_paid_days,
	fee_shown(t.start_date, t.end_date, :today::date, t.rates) AS "weekly_fee.pence", rates_shown(t.rates) AS rates,
	days_unpriced(t.start_date, coalesce(t.end_date, :today::date), t.rates) AS unpriced_days,
	posted_shown(t.authority, t.id) AS "posted.pence", t.posted_to,
	external_ids_shown_with(t.authority, t.id, :external_id_system::text, :external_id_id::text) AS external_ids,
	coalesce(e.version, t.version)::text AS etag
FROM verdict v LEFT JOIN target t ON v.outcome = 'OK' LEFT JOIN effect e ON e.id = t.id
