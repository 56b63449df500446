-- By when a child moves out of the home in which it lives; another plan follows the one before. The same again changes
-- nothing.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT k.id, k.authority, k.home_id, k.child_id, k.state FROM hold k
	WHERE k.authority = :authority::text AND k.id = :hold_id::uuid
), standing AS (
	SELECT m.id, m.by_date, m.referral_id, m.recorded FROM move_plan m
	WHERE m.hold_id = :hold_id::uuid AND m.authority = :authority::text AND NOT m.replaced
), same AS (
	SELECT s.id, s.by_date, s.referral_id, s.recorded FROM standing s
	WHERE (s.by_date, s.referral_id) IS NOT DISTINCT FROM (:by_date::date, :referral_id::uuid)
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN (SELECT t.state FROM target t) <> 'CONFIRMED' THEN 'WRONG_STATE'
		WHEN NOT EXISTS (SELECT 1 FROM same) AND (SELECT count(*) FROM move_plan m
			WHERE m.hold_id = :hold_id::uuid AND m.authority = :authority::text) >= 50 THEN 'TOO_MANY_LINES'
		ELSE 'OK' END AS outcome
), replaced AS (
	UPDATE move_plan m SET replaced = true
	FROM verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same) AND m.hold_id = :hold_id::uuid
		AND m.authority = :authority::text AND NOT m.replaced
	RETURNING m.id
), inserted AS (
	-- after the one that it follows: one plan of a hold stands
	INSERT INTO move_plan (id, authority, hold_id, by_date, referral_id, actor, recorded)
	SELECT :new_id::uuid, :authority::text, :hold_id::uuid, :by_date::date, :referral_id::uuid, :actor::text,
		:now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM same) AND (SELECT count(*) FROM replaced) >= 0
	RETURNING id, by_date, referral_id, recorded
), effect AS (
	SELECT i.id, i.by_date, i.referral_id, i.recorded FROM inserted i
	UNION ALL
	SELECT s.id, s.by_date, s.referral_id, s.recorded FROM same s, verdict v WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.move.planned.v1', 'move_plan', i.id::text, 1, t.child_id::text, t.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object('movePlanId', i.id, 'holdId', t.id, 'homeId', t.home_id,
			'childId', t.child_id, 'byDate', i.by_date, 'referralId', i.referral_id)
	FROM inserted i, target t
)
SELECT v.outcome, CASE v.outcome WHEN 'WRONG_STATE' THEN (SELECT t.state FROM target t) ELSE '50 plans of a stay' END
	AS detail, coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, t.id AS hold_id, t.home_id, t.child_id, e.by_date, e.referral_id, e.recorded
FROM verdict v LEFT JOIN effect e ON true LEFT JOIN target t ON v.outcome = 'OK'
