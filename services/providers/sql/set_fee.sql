-- What a place costs from a day on, or said otherwise of that day: the earlier row is kept as replaced.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT c.id, c.authority, c.from_date FROM contract c
	WHERE c.id = :contract_id::uuid AND commissions(:authority::text, c.id)
), same_key AS (
	SELECT f.id, f.weekly_fee_pence, f.until_date, f.recorded FROM contract_fee f
	WHERE f.contract_id = :contract_id::uuid AND f.replaced IS NULL AND f.from_date = :from_date::date
		AND (f.lot, f.provider_id, f.home_id, f.home_kind, f.band) IS NOT DISTINCT FROM
			(:lot::text, :provider_id::uuid, :home_id::uuid, :home_kind::text, :band::text)
), house AS (
	SELECT h.provider_id FROM home h WHERE h.id = :home_id::uuid
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN (SELECT t.authority FROM target t) <> :authority::text THEN 'NOT_LEADING'
		WHEN :lot::text IS NOT NULL AND NOT EXISTS (SELECT 1 FROM contract_lot l WHERE l.contract_id = :contract_id::uuid
			AND l.code = :lot::text AND l.until_version IS NULL) THEN 'LOT_UNKNOWN'
		WHEN :home_id::uuid IS NOT NULL AND coalesce((SELECT h.provider_id FROM house h)
			<> coalesce(:provider_id::uuid, (SELECT h.provider_id FROM house h)), true) THEN 'HOME_UNKNOWN'
		WHEN coalesce(:provider_id::uuid, (SELECT h.provider_id FROM house h)) IS NOT NULL AND NOT EXISTS (
			SELECT 1 FROM contract_member m WHERE m.contract_id = :contract_id::uuid AND m.replaced IS NULL
				AND m.provider_id = coalesce(:provider_id::uuid, (SELECT h.provider_id FROM house h))) THEN 'PROVIDER_NOT_MEMBER'
		WHEN :from_date::date < (SELECT t.from_date FROM target t) THEN 'BEFORE_CONTRACT'
		WHEN (SELECT count(1) FROM (SELECT 1 FROM contract_fee f WHERE f.contract_id = :contract_id::uuid LIMIT 5000) x)
			>= 5000 AND NOT EXISTS (SELECT 1 FROM same_key k WHERE (k.weekly_fee_pence, k.until_date) IS NOT DISTINCT FROM
				(:weekly_fee_pence::bigint, :until_date::date)) THEN 'TOO_MANY_FEES'
		ELSE 'OK' END AS outcome
), kept AS (
	SELECT k.id, k.recorded FROM same_key k
	WHERE (k.weekly_fee_pence, k.until_date) IS NOT DISTINCT FROM (:weekly_fee_pence::bigint, :until_date::date)
), replaced AS (
	UPDATE contract_fee f SET replaced = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND f.id = (SELECT k.id FROM same_key k) AND NOT EXISTS (SELECT 1 FROM kept)
), added AS (
	INSERT INTO contract_fee (id, contract_id, lot, provider_id, home_id, home_kind, band, weekly_fee_pence, from_date,
		until_date, actor, recorded)
	SELECT :new_id::uuid, :contract_id::uuid, :lot::text, :provider_id::uuid, :home_id::uuid, :home_kind::text, :band::text,
		:weekly_fee_pence::bigint, :from_date::date, :until_date::date, :actor::text, :now::timestamptz
	FROM verdict v WHERE v.outcome = 'OK' AND NOT EXISTS (SELECT 1 FROM kept)
	RETURNING id, recorded
), effect AS (
	SELECT a.id, a.recorded FROM added a
	UNION ALL
	SELECT k.id, k.recorded FROM kept k, verdict v WHERE v.outcome = 'OK'
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, e.id::text,
		:now::timestamptz
	FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.contract.fee_set.v1', 'contract_fee', a.id::text, 1, :contract_id::uuid::text, :authority::text,
		:now::timestamptz, :traceparent::text, jsonb_build_object('contractId', :contract_id::uuid, 'feeId', a.id,
			'lot', :lot::text, 'providerId', :provider_id::uuid, 'homeId', :home_id::uuid, 'homeKind', :home_kind::text,
			'band', :band::text, 'weeklyFee', CASE WHEN :weekly_fee_pence::bigint IS NOT NULL
				THEN jsonb_build_object('pence', :weekly_fee_pence::bigint) END,
			'fromDate', :from_date::date, 'untilDate', :until_date::date)
	FROM added a
)
SELECT v.outcome, (SELECT t.from_date::text FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, :contract_id::uuid AS contract_id, :lot::text AS lot, :provider_id::uuid AS provider_id, :home_id::uuid AS home_id,
	:home_kind::text AS home_kind, :band::text AS band, :weekly_fee_pence::bigint AS "weekly_fee.pence",
	:from_date::date AS from_date, :until_date::date AS until_date, false AS replaced, e.recorded
FROM verdict v LEFT JOIN effect e ON true
