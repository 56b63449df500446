-- Timer "carer_review": tells the notice of a review that has come, and is due again at the next. Notices that were passed
-- while nobody could tell them are told by the nearest alone.
-- scope: internal
WITH due AS (
	SELECT t.id, t.subject::uuid AS home_id FROM timer t WHERE t.id = :timer_id::uuid AND t.due = :due::timestamptz
), kept AS (
	INSERT INTO carer_review_told (home_id, due_date, days_before, told)
	SELECT d.home_id, :review_due::date, n.days, :now::timestamptz
	FROM due d, unnest(:passed::integer[]) n (days) WHERE :review_due::date IS NOT NULL
	ON CONFLICT (home_id, due_date, days_before) DO NOTHING
), reckoned AS (
	INSERT INTO carer_review_due (home_id, due_date) SELECT d.home_id, :review_due::date FROM due d
	WHERE :review_due::date IS NOT NULL
	ON CONFLICT (home_id) DO UPDATE SET due_date = excluded.due_date
), unreckoned AS (
	DELETE FROM carer_review_due r USING due d WHERE r.home_id = d.home_id AND :review_due::date IS NULL
), moved AS (
	UPDATE timer t SET due = :look_on::date::timestamp AT TIME ZONE 'Europe/London' FROM due d
	WHERE t.id = d.id AND :look_on::date IS NOT NULL
), dropped AS (
	DELETE FROM timer t USING due d WHERE t.id = d.id AND :look_on::date IS NULL
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.carer.review_due.v1', 'review', concat(d.home_id, ' ', :review_due::date), 1000 - :tell::integer,
		d.home_id::text, '', :now::timestamptz, :traceparent::text, jsonb_build_object('homeId', d.home_id,
			'dueDate', :review_due::date, 'daysBefore', :tell::integer)
	FROM due d WHERE :tell::integer IS NOT NULL
)
SELECT d.home_id FROM due d
