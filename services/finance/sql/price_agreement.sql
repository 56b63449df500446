-- Sets the fee of days that have none, and posts those of them that are over.
WITH seen AS (
	SELECT outcome, result_key FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text)
), target AS (
	SELECT a.authority, a.id, a.placement_id, a.child_id, a.home_id, a.state, a.start_date, a.end_date, a.notice_days,
		a.notice_paid_days, a.version, greatest(a.posted_to, coalesce(a.end_date, :today::date)) AS posted_to,
		rates_with(rates_of(a.authority, a.id), :from_date::date, :weekly_fee_pence::bigint) AS rates
	FROM agreement a WHERE a.authority = :authority::text AND a.id = :agreement_id::uuid
), present AS (
	SELECT f.weekly_fee_pence FROM rate_in_force f
	WHERE f.authority = :authority::text AND f.agreement_id = :agreement_id::uuid
		AND f.from_date <= :from_date::date AND (f.to_date IS NULL OR f.to_date > :from_date::date)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT outcome FROM seen)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT version FROM target)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN EXISTS (SELECT 1 FROM target t WHERE :from_date::date < t.start_date
			OR (t.state = 'CLOSED' AND :from_date::date >= greatest(t.end_date, t.start_date + 1))) THEN 'OUTSIDE_AGREEMENT'
		WHEN (SELECT weekly_fee_pence FROM present) IS NOT NULL THEN 'ALREADY_PRICED'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE agreement a SET posted_to = t.posted_to, version = a.version + 1, updated = :now::timestamptz
	FROM target t, verdict v WHERE v.outcome = 'OK' AND a.authority = :authority::text AND a.id = :agreement_id::uuid
	RETURNING a.authority, a.id, a.placement_id, a.child_id, a.version
), rate AS (
	INSERT INTO agreement_rate (authority, agreement_id, from_date, revision, weekly_fee_pence, reason, actor, recorded)
	SELECT e.authority, e.id, :from_date::date, 1 + (
			SELECT coalesce(max(r.revision), 0) FROM agreement_rate r
			WHERE r.authority = :authority::text AND r.agreement_id = :agreement_id::uuid AND r.from_date = :from_date::date),
		:weekly_fee_pence::bigint, 'PRICED', :actor::text, :now::timestamptz
	FROM effect e
), line AS (
	SELECT t.authority, t.id, d.place, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence, d.reverses
	FROM target t JOIN verdict v ON v.outcome = 'OK'
	CROSS JOIN LATERAL lines_due(t.authority, t.id, t.start_date, coalesce(t.end_date, t.posted_to), t.notice_paid_days, t.rates) d
), posted AS (
	INSERT INTO ledger (authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence, reverses, reason, posted_at)
	SELECT l.authority, l.id, l.kind, l.rate_from, l.weekly_fee_pence, l.from_date, l.to_date, l.pence, l.reverses, 'PRICED',
		:now::timestamptz
	FROM line l ORDER BY l.place, l.from_date
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text, :now::timestamptz FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.agreement.varied.v1', 'agreement', e.id::text, e.version, e.child_id::text, e.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object('agreementId', e.id, 'placementId', e.placement_id, 'childId', e.child_id,
			'fromDate', :from_date::date, 'weeklyFee', jsonb_build_object('pence', :weekly_fee_pence::bigint))
	FROM effect e
)
SELECT v.outcome, (SELECT t.start_date || ' to ' || coalesce(t.end_date::text, 'now') FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	t.id::text AS "id", t.placement_id::text AS placement_id, t.child_id::text AS child_id,
	t.home_id::text AS home_id, t.state, t.start_date, t.end_date, t.notice_days AS "notice_days.value", t.notice_paid_days,
	fee_shown(t.start_date, t.end_date, :today::date, t.rates) AS "weekly_fee.pence", rates_shown(t.rates) AS rates,
	days_unpriced(t.start_date, coalesce(t.end_date, :today::date), t.rates) AS unpriced_days,
	coalesce(posted_shown(t.authority, t.id) + (SELECT coalesce(sum(l.pence), 0)::bigint FROM line l),
		(SELECT sum(l.pence)::bigint FROM line l)) AS "posted.pence", t.posted_to,
	external_ids_shown(t.authority, t.id) AS external_ids, e.version::text AS etag
FROM verdict v LEFT JOIN effect e ON true LEFT JOIN target t ON t.id = e.id
