-- A child lives in a home: its held place is confirmed; without one a free place is taken; without that the child is
-- recorded beyond the places. What has happened is never refused. A home that is not known here holds nothing.
WITH house AS (
	SELECT h.id, h.places, h.kind FROM home h WHERE h.id = :home_id::uuid AND NOT :event_historical::boolean
		AND NOT EXISTS (SELECT 1 FROM hold k
			WHERE k.authority = :authority::text AND k.placement_id = :placement_id::uuid)
), mine AS (
	SELECT k.id FROM hold k JOIN house h ON h.id = k.home_id
	WHERE k.authority = :authority::text AND k.state = 'HELD'
		AND (k.id = :hold_id::uuid OR k.offer_id = :offer_id::uuid OR k.child_id = :child_id::uuid)
	ORDER BY (k.id = :hold_id::uuid) IS TRUE DESC, (k.offer_id = :offer_id::uuid) IS TRUE DESC, k.created, k.id
	LIMIT 1
), live AS (
	SELECT k.place FROM hold k JOIN house h ON h.id = k.home_id WHERE k.state IN ('HELD', 'CONFIRMED')
), spare AS (
	SELECT p.number FROM place p JOIN house h ON h.id = p.home_id
	WHERE p.offered AND p.number NOT IN (SELECT l.place FROM live l WHERE l.place IS NOT NULL)
		AND (SELECT count(*) FROM live) < (SELECT count(*) FROM place a WHERE a.home_id = h.id AND a.offered)
	ORDER BY p.number LIMIT 1
), who AS (
	SELECT n.age, n.sex, n.needs, n.updated FROM need n
	WHERE n.authority = :authority::text AND n.referral_id = :referral_id::uuid
), confirmed AS (
	UPDATE hold k SET state = 'CONFIRMED', placement_id = :placement_id::uuid, lived_from = :start_date::date,
		version = k.version + 1, updated = :now::timestamptz
	FROM mine m WHERE k.id = m.id
	RETURNING k.id, k.home_id, k.authority, k.child_id, k.referral_id, k.offer_id, k.placement_id, k.state,
		k.held_until, k.excess, k.reason, k.version
), taken AS (
	INSERT INTO hold (id, home_id, place, authority, child_id, referral_id, offer_id, placement_id, state, excess,
		child_age, child_age_on, child_sex, child_companions, child_risks, lived_from, created, updated)
	SELECT :new_id::uuid, h.id, s.number, :authority::text, :child_id::uuid, :referral_id::uuid, :offer_id::uuid,
		:placement_id::uuid, 'CONFIRMED', s.number IS NULL, w.age, (w.updated AT TIME ZONE 'Europe/London')::date, w.sex,
		w.needs #>> '{requirements,companions}', match_risks(w.needs), :start_date::date, :now::timestamptz, :now::timestamptz
	FROM house h LEFT JOIN spare s ON true LEFT JOIN who w ON true
	WHERE NOT EXISTS (SELECT 1 FROM mine)
	RETURNING id, home_id, authority, child_id, referral_id, offer_id, placement_id, state, held_until,
		excess, reason, version
), effect AS (
	SELECT c.id, c.home_id, c.authority, c.child_id, c.referral_id, c.offer_id, c.placement_id, c.state,
		c.held_until, c.excess, c.reason, c.version FROM confirmed c
	UNION ALL
	SELECT t.id, t.home_id, t.authority, t.child_id, t.referral_id, t.offer_id, t.placement_id, t.state,
		t.held_until, t.excess, t.reason, t.version FROM taken t
), expiry AS (
	DELETE FROM timer t
	WHERE t.kind = 'hold_expiry' AND t.authority = :authority::text AND t.subject = (SELECT e.id::text FROM effect e)
), limit_looked_at AS (
	-- whether a fostering household has more children now than it may
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'carer_limit', '', e.home_id::text, :now::timestamptz FROM effect e, house h
	WHERE h.kind = 'FOSTERING' AND (SELECT count(*) FROM live) >= rule_value('FOSTERING_USUAL_LIMIT', :today::date)
	ON CONFLICT (kind, authority, subject) DO UPDATE SET due = least(timer.due, excluded.due)
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.place.confirmed.v1', 'hold', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'holdId', e.id, 'placementId', e.placement_id, 'childId', e.child_id,
			'homeId', e.home_id)
	FROM effect e WHERE NOT e.excess
	UNION ALL
	SELECT 'hearth.home.over_capacity.v1', 'hold', e.id::text, e.version, e.home_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'homeId', e.home_id, 'placementId', e.placement_id, 'childId', e.child_id,
			'places', h.places, 'occupied', (SELECT count(*) FROM live) + 1)
	FROM effect e, house h WHERE e.excess
)
SELECT e.id, e.excess FROM effect e
