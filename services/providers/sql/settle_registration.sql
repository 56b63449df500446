-- Timer "registration_day": a day on which a line of a registration begins or ends. The subject is the line and the day.
-- scope: internal
WITH due AS (
	DELETE FROM timer t WHERE t.id = :timer_id::uuid RETURNING split_part(t.subject, '/', 1)::uuid AS id
)
SELECT r.id, registrations_settle(ARRAY[r.home_id], ARRAY[r.provider_id], :now::timestamptz, 'timer') AS differs
FROM due d JOIN registration r ON r.id = d.id
