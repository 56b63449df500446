-- Timer "registration_changed": what a registration is now, to supply and to each council whose children live there. The
-- subject is the line that stands; when another one has come to stand since, that one is told.
-- scope: internal
WITH due AS (
	DELETE FROM timer t WHERE t.id = :timer_id::uuid RETURNING t.subject::uuid AS id
), stands AS (
	SELECT r.id, s.status FROM due d JOIN registration r ON r.id = d.id
	CROSS JOIN LATERAL registration_on(r.home_id, r.provider_id, :today::date) s WHERE s.id = r.id
), effect AS (
	UPDATE registration r SET told = r.told + 1 FROM stands s WHERE r.id = s.id
	RETURNING r.id, r.home_id, r.provider_id, r.register, r.urn, s.status, r.from_date, r.until_date,
		r.registered_places, r.told
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.registration.changed.v1', 'registration', concat_ws('/', e.id, nullif(c.authority, ''),
			nullif(c.part, 0)), e.told, coalesce(e.home_id, e.provider_id)::text, c.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object(
			'registrationId', e.id, 'homeId', e.home_id, 'providerId', e.provider_id, 'register', e.register,
			'urn', e.urn, 'status', e.status, 'fromDate', e.from_date, 'untilDate', e.until_date, 'registeredPlaces',
			CASE WHEN e.registered_places IS NOT NULL THEN jsonb_build_object('value', e.registered_places) END,
			'children', c.children, 'childCount', c.child_count)
	FROM effect e CROSS JOIN LATERAL concerned(e.home_id, e.provider_id, '') c
	ORDER BY c.authority, c.part
)
SELECT d.id FROM due d
