-- A line of another cost: a new one, or another revision of one; what it changes of days that are over is posted at once.
WITH seen AS (
	SELECT outcome, result_key FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text)
), target AS (
	SELECT a.authority, a.id, a.placement_id, a.child_id, a.start_date, a.end_date, a.version,
		coalesce(a.end_date, greatest(:today::date, a.start_date)) AS through
	FROM agreement a WHERE a.authority = :authority::text AND a.id = :agreement_id::uuid
), held AS (
	SELECT v.revision FROM agreement_line_revision v WHERE v.authority = :authority::text
		AND v.agreement_id = :agreement_id::uuid AND v.line_id = :line_id::uuid ORDER BY v.revision DESC LIMIT 1
), type AS (
	SELECT t.is_fee FROM cost_type t WHERE t.code = :cost_type::text AND t.valid_from <= :from_date::date
		AND (t.valid_to IS NULL OR t.valid_to >= :from_date::date) LIMIT 1
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT outcome FROM seen)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN :etag::text IS NOT NULL AND (SELECT version FROM target)::text <> :etag::text THEN 'STALE_ETAG'
		WHEN :line_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM held) THEN 'LINE_NOT_FOUND'
		WHEN NOT EXISTS (SELECT 1 FROM type) THEN 'UNKNOWN_COST_TYPE'
		WHEN (SELECT is_fee FROM type) THEN 'CORE_IS_THE_FEE'
		WHEN EXISTS (SELECT 1 FROM target t WHERE :from_date::date < t.start_date OR :from_date::date >= t.end_date)
			THEN 'LINE_OUTSIDE_AGREEMENT'
		WHEN (SELECT count(1) FROM agreement_line_revision v WHERE v.authority = :authority::text
			AND v.agreement_id = :agreement_id::uuid) >= 500 THEN 'TOO_MANY_LINES'
		ELSE 'OK' END AS outcome
), effect AS (
	UPDATE agreement a SET version = a.version + 1, updated = :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND a.authority = :authority::text AND a.id = :agreement_id::uuid
	RETURNING a.authority, a.id, a.placement_id, a.child_id, a.version
), given AS (
	SELECT e.authority, e.id, coalesce(:line_id::uuid, :new_id::uuid) AS line_id,
		coalesce((SELECT h.revision FROM held h), 0) + 1 AS revision,
		:withdrawn::boolean AND :line_id::uuid IS NOT NULL AS withdrawn,
		CASE :unit::text WHEN 'ONE_OFF' THEN :from_date::date + 1 ELSE :to_date::date END AS until, t.through, t.end_date
	FROM effect e CROSS JOIN target t
), line AS (
	INSERT INTO agreement_line AS l (authority, agreement_id, id, posted_to)
	SELECT g.authority, g.id, g.line_id, CASE WHEN g.withdrawn OR g.end_date IS NOT NULL OR g.until <= g.through
		THEN 'infinity' ELSE g.through END
	FROM given g
	ON CONFLICT (authority, agreement_id, id) DO UPDATE SET posted_to = excluded.posted_to
), revision AS (
	INSERT INTO agreement_line_revision AS v (authority, agreement_id, line_id, revision, cost_type, unit, amount_pence,
		from_date, until, withdrawn, actor, recorded)
	SELECT g.authority, g.id, g.line_id, g.revision, :cost_type::text, :unit::text, :amount_pence::bigint, :from_date::date,
		g.until, g.withdrawn, :actor::text, :now::timestamptz
	FROM given g
	RETURNING v.agreement_id, v.line_id, v.revision, v.cost_type, v.unit, v.amount_pence, v.from_date, v.until, v.withdrawn,
		v.actor, v.recorded
), due AS (
	SELECT g.authority, g.id, g.line_id, d.place, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence,
		d.reverses
	FROM given g CROSS JOIN LATERAL lines_due_of(g.authority, g.id, g.line_id, :from_date::date,
		least(g.until, g.through), 0, CASE WHEN g.withdrawn THEN '{}'::rate_step[]
		ELSE ARRAY[ROW(:from_date::date, weekly_of(:unit::text, :amount_pence::bigint))::rate_step] END) d
), posted AS (
	INSERT INTO ledger (authority, agreement_id, line_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence,
		reverses, reason, posted_at)
	SELECT d.authority, d.id, d.line_id, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence,
		d.reverses, 'LINE', :now::timestamptz
	FROM due d ORDER BY d.place, d.from_date
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text,
		r.agreement_id::text || ' ' || r.line_id::text, :now::timestamptz FROM revision r
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.agreement.line_recorded.v1', 'agreement', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object('agreementId', e.id, 'placementId', e.placement_id,
			'childId', e.child_id, 'lineId', r.line_id, 'costType', r.cost_type, 'unit', r.unit, 'amount',
			CASE WHEN r.amount_pence IS NOT NULL THEN jsonb_build_object('pence', r.amount_pence) END,
			'fromDate', r.from_date, 'toDate', r.until, 'withdrawn', r.withdrawn)
	FROM effect e CROSS JOIN revision r
)
SELECT v.outcome, (SELECT t.start_date || ' to ' || coalesce(t.end_date::text, 'now') FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), r.agreement_id::text || ' ' || r.line_id::text) AS result_key,
	r.line_id::text AS "id", r.cost_type, r.unit, r.amount_pence AS "amount.pence", r.from_date, r.until AS to_date,
	r.withdrawn, r.actor AS recorded_by, r.recorded AS recorded_at, r.revision
FROM verdict v LEFT JOIN revision r ON true
