-- Admits a provider to a lot from a day on, or says otherwise what was said of that day: the earlier row is kept as replaced.
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), target AS (
	SELECT c.id, c.authority, c.kind, c.open_to_entrants, c.from_date FROM contract c
	WHERE c.id = :contract_id::uuid AND commissions(:authority::text, c.id)
), same_key AS (
	SELECT m.id, m.tier, m.rank, m.until_date, m.recorded FROM contract_member m
	WHERE m.contract_id = :contract_id::uuid AND m.provider_id = :provider_id::uuid AND m.replaced IS NULL
		AND m.lot = :lot::text AND m.home_id IS NOT DISTINCT FROM :home_id::uuid AND m.from_date = :from_date::date
), verdict AS (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN NOT EXISTS (SELECT 1 FROM target) THEN 'NOT_FOUND'
		WHEN (SELECT t.authority FROM target t) <> :authority::text THEN 'NOT_LEADING'
		WHEN NOT EXISTS (SELECT 1 FROM contract_lot l WHERE l.contract_id = :contract_id::uuid AND l.code = :lot::text
			AND l.until_version IS NULL) THEN 'LOT_UNKNOWN'
		WHEN NOT EXISTS (SELECT 1 FROM provider p WHERE p.id = :provider_id::uuid) THEN 'PROVIDER_UNKNOWN'
		WHEN :home_id::uuid IS NOT NULL AND NOT EXISTS (SELECT 1 FROM home h WHERE h.id = :home_id::uuid
			AND h.provider_id = :provider_id::uuid) THEN 'HOME_UNKNOWN'
		WHEN :from_date::date < (SELECT t.from_date FROM target t) THEN 'BEFORE_CONTRACT'
		WHEN EXISTS (SELECT 1 FROM target t WHERE NOT t.open_to_entrants AND t.kind <> 'DYNAMIC_MARKET'
				AND :from_date::date > t.from_date)
			AND NOT EXISTS (SELECT 1 FROM contract_member m WHERE m.contract_id = :contract_id::uuid
				AND m.provider_id = :provider_id::uuid AND m.replaced IS NULL) THEN 'CLOSED_TO_ENTRANTS'
		WHEN (SELECT count(1) FROM (SELECT 1 FROM contract_member m WHERE m.contract_id = :contract_id::uuid LIMIT 2000) x)
			>= 2000 AND NOT EXISTS (SELECT 1 FROM same_key k WHERE (k.tier, k.rank, k.until_date) IS NOT DISTINCT FROM
				(:tier_value::integer, :rank_value::integer, :until_date::date)) THEN 'TOO_MANY_MEMBERS'
		ELSE 'OK' END AS outcome
), kept AS (
	SELECT k.id, k.recorded FROM same_key k WHERE (k.tier, k.rank, k.until_date) IS NOT DISTINCT FROM
		(:tier_value::integer, :rank_value::integer, :until_date::date)
), replaced AS (
	UPDATE contract_member m SET replaced = :now::timestamptz
	FROM verdict v
	WHERE v.outcome = 'OK' AND m.id = (SELECT k.id FROM same_key k) AND NOT EXISTS (SELECT 1 FROM kept)
), added AS (
	INSERT INTO contract_member (id, contract_id, lot, provider_id, home_id, tier, rank, from_date, until_date, actor, recorded)
	SELECT :new_id::uuid, :contract_id::uuid, :lot::text, :provider_id::uuid, :home_id::uuid, :tier_value::integer,
		:rank_value::integer, :from_date::date, :until_date::date, :actor::text, :now::timestamptz
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
	SELECT 'hearth.contract.member_recorded.v1', 'contract_member', a.id::text, 1, :contract_id::uuid::text, :authority::text,
		:now::timestamptz, :traceparent::text, jsonb_build_object('contractId', :contract_id::uuid, 'memberId', a.id,
			'lot', :lot::text, 'providerId', :provider_id::uuid, 'homeId', :home_id::uuid,
			'tier', CASE WHEN :tier_value::integer IS NOT NULL THEN jsonb_build_object('value', :tier_value::integer) END,
			'fromDate', :from_date::date, 'untilDate', :until_date::date)
	FROM added a
)
SELECT v.outcome, (SELECT t.from_date::text FROM target t) AS detail,
	coalesce((SELECT s.result_key FROM seen s), e.id::text) AS result_key,
	e.id, :contract_id::uuid AS contract_id, :lot::text AS lot, :provider_id::uuid AS provider_id, :home_id::uuid AS home_id,
	:tier_value::bigint AS "tier.value", :rank_value::bigint AS "rank.value", :from_date::date AS from_date,
	:until_date::date AS until_date, false AS replaced, e.recorded
FROM verdict v LEFT JOIN effect e ON true
