-- The fee changes from a day on, also one that is past or after which the agreement has ended: what is posted for the
-- days from there on is reversed and posted again. In a state that is loaded it says nothing where it is what was told
-- last of that day, nor, where it is not known, against what a person priced from that day on.
WITH target AS (
	SELECT a.authority, a.id, a.start_date, a.end_date, a.notice_paid_days, a.posted_to,
		greatest(:from_date::date, a.start_date) AS from_date, rates_of(a.authority, a.id) AS rates
	FROM agreement a
	WHERE a.authority = :authority::text AND a.placement_id = :placement_id::uuid AND NOT :event_historical::boolean
), changed AS (
	SELECT t.authority, t.id, t.start_date, t.end_date, t.notice_paid_days, t.from_date,
		greatest(t.posted_to, :today::date) AS through, rates_with(t.rates, t.from_date, :weekly_fee_pence::bigint) AS rates
	FROM target t
	WHERE t.rates <> rates_with(t.rates, t.from_date, :weekly_fee_pence::bigint)
		AND NOT (:event_snapshot::boolean AND (coalesce((SELECT r.weekly_fee_pence IS NOT DISTINCT FROM :weekly_fee_pence::bigint
				FROM agreement_rate r WHERE r.authority = :authority::text AND r.agreement_id = t.id
					AND r.from_date = t.from_date AND r.reason IN ('OPENED', 'VARIED') ORDER BY r.revision DESC LIMIT 1), false)
			OR (:weekly_fee_pence::bigint IS NULL AND coalesce((SELECT r.reason = 'PRICED' FROM agreement_rate r
				WHERE r.authority = :authority::text AND r.agreement_id = t.id AND r.from_date = t.from_date
				ORDER BY r.revision DESC LIMIT 1), false))))
), effect AS (
	UPDATE agreement a SET posted_to = CASE a.state WHEN 'OPEN' THEN greatest(c.through, a.start_date) ELSE a.posted_to END,
		version = a.version + 1, updated = :now::timestamptz
	FROM changed c WHERE a.authority = :authority::text AND a.id = (SELECT o.id FROM changed o)
	RETURNING a.authority, a.id, a.placement_id, a.child_id, a.version, c.from_date
), rate AS (
	INSERT INTO agreement_rate (authority, agreement_id, from_date, revision, weekly_fee_pence, reason, recorded)
	SELECT c.authority, c.id, c.from_date, 1 + (
			SELECT coalesce(max(r.revision), 0) FROM agreement_rate r
			WHERE r.authority = c.authority AND r.agreement_id = c.id AND r.from_date = c.from_date),
		:weekly_fee_pence::bigint, 'VARIED', :now::timestamptz
	FROM changed c
), posted AS (
	INSERT INTO ledger (authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence, reverses, reason, event_id, posted_at)
	SELECT c.authority, c.id, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence, d.reverses, 'VARIED',
		:event_id::uuid, :now::timestamptz
	FROM changed c CROSS JOIN LATERAL
		lines_due(c.authority, c.id, c.start_date, coalesce(c.end_date, c.through), c.notice_paid_days, c.rates) d
	ORDER BY d.place, d.from_date
)
INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
SELECT 'hearth.agreement.varied.v1', 'agreement', e.id::text, e.version, e.child_id::text, e.authority, :now::timestamptz,
	:traceparent::text, jsonb_build_object('agreementId', e.id, 'placementId', e.placement_id, 'childId', e.child_id,
		'fromDate', e.from_date, 'weeklyFee',
		CASE WHEN :weekly_fee_pence::bigint IS NOT NULL THEN jsonb_build_object('pence', :weekly_fee_pence::bigint) END)
FROM effect e
