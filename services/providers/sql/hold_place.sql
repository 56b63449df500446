-- An offer is accepted: a place is held, or refused with the reason; the law forbids some settings for a child of this
-- age, and homes that are not registered. The writer lock was taken before this statement's snapshot, so of many
-- acceptances for the last place one holds it; the key of hold_place says so again. An offer whose child already lives
-- there, or that already has its place, changes nothing.
WITH house AS (
	SELECT h.id, h.open, ((SELECT e.until_date FROM annexe_registered(h) e) <= :today::date) IS TRUE AS lapsed,
		home_barred(h.id, :authority::text, :today::date) AS barred, h.kind,
		h.kind IN ('OTHER_ARRANGEMENT', 'SUPPORTED_ACCOMMODATION', 'SUPPORTED_LODGINGS') AND NOT h.capabilities && ARRAY[
			'CARE_HOME', 'HOSPITAL', 'RESIDENTIAL_FAMILY_CENTRE', 'SCHOOL_OR_COLLEGE', 'DISABLED_HOLIDAY_SCHEME'] AS other,
		h.kind <> 'OTHER_ARRANGEMENT' AND (h.registration IN ('REGISTERED', 'APPLIED')) IS TRUE AS registered,
		(h.registration = 'SUSPENDED') IS TRUE OR h.kind IN ('CHILDRENS_HOME', 'SECURE_CHILDRENS_HOME', 'SHORT_BREAKS')
			AND (h.registration = 'REGISTERED' AND h.urn IS NOT NULL) IS NOT TRUE
			AND EXISTS (SELECT 1 FROM rule r WHERE r.code = 'CHILDRENS_HOME_REGISTRATION' AND r.from_date <= :today::date
				AND (r.until_date IS NULL OR r.until_date > :today::date)) AS unregistered
	FROM home h WHERE h.id = :home_id::uuid
), live AS (
	SELECT k.place FROM hold k WHERE k.home_id = :home_id::uuid AND k.state IN ('HELD', 'CONFIRMED')
), spare AS (
	SELECT p.number FROM place p
	WHERE p.home_id = :home_id::uuid AND p.offered AND p.number NOT IN (SELECT l.place FROM live l WHERE l.place IS NOT NULL)
		AND (SELECT count(*) FROM live) < (SELECT count(*) FROM place a WHERE a.home_id = :home_id::uuid AND a.offered)
	ORDER BY p.number LIMIT 1
), who AS (
	SELECT n.age, n.sex, n.needs, n.updated FROM need n
	WHERE n.authority = :authority::text AND n.referral_id = :referral_id::uuid
), law AS (
	SELECT r.code, r.value FROM rule r
	WHERE r.code IN ('OTHER_ARRANGEMENT_LEAST_AGE', 'ADULT_AGE') AND r.from_date <= :today::date
		AND (r.until_date IS NULL OR r.until_date > :today::date)
), verdict AS (
	SELECT CASE
		WHEN :event_historical::boolean THEN 'NOTHING'
		WHEN EXISTS (SELECT 1 FROM hold k WHERE k.authority = :authority::text AND k.offer_id = :offer_id::uuid
			AND (k.state = 'HELD' OR k.placement_id IS NOT NULL)) THEN 'NOTHING'
		WHEN NOT EXISTS (SELECT 1 FROM house) THEN 'HOME_UNKNOWN'
		WHEN NOT (SELECT h.open FROM house h) THEN 'HOME_CLOSED'
		WHEN (SELECT h.barred FROM house h) THEN 'HOME_BARRED'
		WHEN (SELECT h.lapsed FROM house h) THEN 'REGISTRATION_LAPSED'
		WHEN (SELECT h.unregistered FROM house h) THEN 'NOT_REGISTERED'
		WHEN (SELECT h.other FROM house h) AND (SELECT w.age FROM who w) <
			(SELECT l.value FROM law l WHERE l.code = 'OTHER_ARRANGEMENT_LEAST_AGE') THEN 'UNDER_16_OTHER_ARRANGEMENT'
		WHEN (SELECT h.other AND NOT h.registered FROM house h) AND (SELECT w.age FROM who w) <
			(SELECT l.value FROM law l WHERE l.code = 'ADULT_AGE') THEN 'NOT_SUPPORTED_ACCOMMODATION'
		WHEN NOT EXISTS (SELECT 1 FROM spare) THEN 'NO_PLACE'
		ELSE 'HELD' END AS outcome
), effect AS (
	INSERT INTO hold (id, home_id, place, authority, child_id, referral_id, offer_id, state, held_until, child_age,
		child_age_on, child_sex, child_companions, child_risks, created, updated)
	SELECT :new_id::uuid, :home_id::uuid, s.number, :authority::text, :child_id::uuid, :referral_id::uuid,
		:offer_id::uuid, 'HELD', :now::timestamptz + make_interval(hours => :hold_hours::integer), w.age,
		(w.updated AT TIME ZONE 'Europe/London')::date, w.sex, w.needs #>> '{requirements,companions}', match_risks(w.needs),
		:now::timestamptz, :now::timestamptz
	FROM verdict v CROSS JOIN spare s LEFT JOIN who w ON true WHERE v.outcome = 'HELD'
	RETURNING id, home_id, authority, child_id, referral_id, offer_id, placement_id, state, held_until,
		excess, reason, version
), expiry AS (
	INSERT INTO timer (kind, authority, subject, due)
	SELECT 'hold_expiry', e.authority, e.id::text, e.held_until FROM effect e
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		payload)
	SELECT 'hearth.place.held.v1', 'hold', e.id::text, e.version, e.child_id::text, e.authority,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'holdId', e.id, 'referralId', e.referral_id, 'offerId', e.offer_id,
			'childId', e.child_id, 'homeId', e.home_id,
			'heldUntil', to_char(e.held_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'weeklyFee',
			CASE WHEN :weekly_fee_pence::bigint IS NOT NULL
				THEN jsonb_build_object('pence', :weekly_fee_pence::bigint) END,
			'startDate', :start_date::date, 'noticeDays',
			CASE WHEN :notice_days_value::integer IS NOT NULL
				THEN jsonb_build_object('value', :notice_days_value::integer) END,
			'placementType', :placement_type::text)
	FROM effect e
	UNION ALL
	SELECT 'hearth.place.refused.v1', 'offer', :offer_id::uuid::text, 1, :child_id::uuid::text, :authority::text,
		:now::timestamptz, :traceparent::text, jsonb_build_object(
			'referralId', :referral_id::uuid, 'offerId', :offer_id::uuid, 'childId', :child_id::uuid,
			'homeId', :home_id::uuid, 'reason', v.outcome)
	FROM verdict v WHERE v.outcome NOT IN ('NOTHING', 'HELD')
)
SELECT v.outcome AS verdict FROM verdict v
