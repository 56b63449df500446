-- A placement has ended or broken down: pay stops on the day of the end, the rest is posted at once, days posted beyond
-- it are reversed, and the notice that was not given is paid: all of it when nobody said how much was given, none when
-- nobody said how much was agreed. A move within care is no exception. Lines of other
-- costs end on the same day; notice is of the fee alone.
WITH target AS (
	SELECT a.authority, a.id, a.start_date, greatest(:end_date::date, a.start_date) AS end_date,
		CASE WHEN EXISTS (
			SELECT 1 FROM notice_exemption x
			WHERE x.reason = :reason::text AND x.from_date <= :end_date::date AND (x.to_date IS NULL OR x.to_date > :end_date::date)
		) OR a.notice_days IS NULL THEN 0
			ELSE greatest(a.notice_days - greatest(coalesce(:notice_hours_value::integer, 0), 0) / 24, 0) END AS notice,
		rates_of(a.authority, a.id) AS rates
	FROM agreement a
	WHERE a.authority = :authority::text AND a.placement_id = :placement_id::uuid AND a.state = 'OPEN'
		AND NOT :event_historical::boolean
), line AS (
	SELECT t.authority, t.id, d.place, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence, d.reverses
	FROM target t CROSS JOIN LATERAL lines_due(t.authority, t.id, t.start_date, t.end_date, t.notice, t.rates) d
), extra AS (
	SELECT t.authority, t.id, d.line_id, d.place, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence,
		d.reverses
	FROM target t CROSS JOIN LATERAL extra_lines_due(t.authority, t.id, t.end_date) d
), closed AS (
	UPDATE agreement a SET state = 'CLOSED', end_date = t.end_date, notice_paid_days = t.notice, posted_to = t.end_date,
		closed = :now::timestamptz, version = a.version + 1, updated = :now::timestamptz
	FROM target t WHERE a.authority = :authority::text AND a.id = (SELECT o.id FROM target o) AND a.state = 'OPEN'
	RETURNING a.authority, a.id, a.placement_id, a.child_id, a.start_date, a.end_date, a.notice_days, a.notice_paid_days,
		a.version, t.rates
), extra_closed AS (
	UPDATE agreement_line l SET posted_to = 'infinity'
	WHERE l.authority = :authority::text AND l.agreement_id = (SELECT o.id FROM target o)
), extra_posted AS (
	INSERT INTO ledger (authority, agreement_id, line_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence, reverses, reason,
		event_id, posted_at)
	SELECT x.authority, x.id, x.line_id, x.kind, x.rate_from, x.weekly_fee_pence, x.from_date, x.to_date, x.pence, x.reverses, 'ENDED',
		:event_id::uuid, :now::timestamptz
	FROM extra x ORDER BY x.place, x.from_date
), posted AS (
	INSERT INTO ledger (authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence, reverses, reason, event_id, posted_at)
	SELECT l.authority, l.id, l.kind, l.rate_from, l.weekly_fee_pence, l.from_date, l.to_date, l.pence, l.reverses, 'ENDED',
		:event_id::uuid, :now::timestamptz
	FROM line l ORDER BY l.place, l.from_date
)
INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
SELECT 'hearth.agreement.closed.v1', 'agreement', c.id::text, c.version, c.child_id::text, c.authority, :now::timestamptz,
	:traceparent::text, jsonb_build_object('agreementId', c.id, 'placementId', c.placement_id, 'childId', c.child_id,
		'endDate', c.end_date, 'noticeDays', c.notice_paid_days, 'noticeUnknown', c.notice_days IS NULL, 'total',
		CASE WHEN days_unpriced(c.start_date, c.end_date, c.rates) = 0
				AND fee_shown(c.start_date, c.end_date, c.end_date, c.rates) IS NOT NULL
				AND line_days_unpriced(c.authority, c.id, c.end_date) = 0
			THEN jsonb_build_object('pence', coalesce(posted_shown(c.authority, c.id), 0)
				+ (SELECT coalesce(sum(l.pence), 0) FROM line l) + (SELECT coalesce(sum(x.pence), 0) FROM extra x)) END)
FROM closed c
