-- Timer "inspection_published": an inspection has changed what the latest outcome is. The subject is the inspection.
-- scope: internal
WITH due AS (
	DELETE FROM timer t WHERE t.id = :timer_id::uuid RETURNING t.subject::uuid AS id
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT 'hearth.inspection.published.v1', 'inspection', concat_ws('/', i.id, nullif(c.authority, ''),
			nullif(c.part, 0)), 1, coalesce(i.home_id, i.provider_id)::text, c.authority, :now::timestamptz,
		:traceparent::text, jsonb_build_object(
			'inspectionId', i.id, 'homeId', i.home_id, 'providerId', i.provider_id, 'register', i.register,
			'framework', i.framework, 'inspectionType', i.inspection_type, 'inspected', i.inspected, 'published', i.published,
			'overallOutcome', i.outcome, 'nextBy', i.next_by, 'children', c.children, 'childCount', c.child_count)
	FROM due d JOIN inspection i ON i.id = d.id CROSS JOIN LATERAL concerned(i.home_id, i.provider_id, '') c
	ORDER BY c.authority, c.part
)
SELECT d.id FROM due d
