-- A placement has started: its agreement is in force, and days that are over already are posted. History opens nothing.
WITH opened AS (
	INSERT INTO agreement (authority, placement_id, child_id, home_id, start_date, notice_days, posted_to, opened,
		updated)
	SELECT :authority::text, :placement_id::uuid, :child_id::uuid, :home_id::uuid, :start_date::date,
		CASE WHEN :notice_days_value::integer >= 0 THEN :notice_days_value::integer END,
		greatest(:start_date::date, :today::date), :now::timestamptz, :now::timestamptz
	WHERE NOT :event_historical::boolean
	ON CONFLICT (authority, placement_id) DO NOTHING
	RETURNING authority, id, placement_id, child_id, home_id, start_date, posted_to, version
), rate AS (
	INSERT INTO agreement_rate (authority, agreement_id, from_date, weekly_fee_pence, reason, recorded)
	SELECT o.authority, o.id, o.start_date, :weekly_fee_pence::bigint, 'OPENED', :now::timestamptz FROM opened o
), plan AS (
	INSERT INTO agreement_plan (authority, agreement_id, revision, planned_end, recorded)
	SELECT o.authority, o.id, 1, :planned_end::date, :now::timestamptz FROM opened o WHERE :planned_end::date IS NOT NULL
), posted AS (
	INSERT INTO ledger (authority, agreement_id, kind, rate_from, weekly_fee_pence, from_date, to_date, pence, reverses, reason, event_id, posted_at)
	SELECT o.authority, o.id, d.kind, d.rate_from, d.weekly_fee_pence, d.from_date, d.to_date, d.pence, d.reverses, 'OPENED',
		:event_id::uuid, :now::timestamptz
	FROM opened o CROSS JOIN LATERAL lines_due(o.authority, o.id, o.start_date, o.posted_to, 0,
		ARRAY[ROW(o.start_date, :weekly_fee_pence::bigint)::rate_step]) d
)
INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
SELECT 'hearth.agreement.opened.v1', 'agreement', o.id::text, o.version, o.child_id::text, o.authority, :now::timestamptz,
	:traceparent::text, jsonb_build_object('agreementId', o.id, 'placementId', o.placement_id, 'childId', o.child_id,
		'homeId', o.home_id, 'startDate', o.start_date, 'weeklyFee',
		CASE WHEN :weekly_fee_pence::bigint IS NOT NULL THEN jsonb_build_object('pence', :weekly_fee_pence::bigint) END)
FROM opened o
