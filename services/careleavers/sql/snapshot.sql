-- The present state as events, some young people a page.
-- scope: internal
WITH page AS (
	SELECT y.authority, y.child_id, y.version, y.updated FROM young_person y
	WHERE (y.authority, y.child_id) > (coalesce(left(:after_key::text, 3), ''),
		coalesce(substr(:after_key::text, 5)::uuid, '00000000-0000-0000-0000-000000000000'))
	ORDER BY y.authority, y.child_id LIMIT :most::int
)
SELECT h.epoch, greatest((SELECT max(m.seq) FROM outbox m), t.through) AS as_of,
	concat(s.authority, ' ', s.child_id) AS page_key, CASE WHEN s.child_id IS NOT NULL THEN 0 END AS seq,
	md5(concat_ws('|', 'young_person', s.child_id, s.version))::uuid AS id, 'hearth.young_person.recorded.v1' AS type,
	'young_person' AS aggregatetype, s.child_id::text AS aggregateid, s.version, s.child_id::text AS partition_key,
	s.authority, (extract(epoch FROM s.updated) * 1000000)::bigint AS time_us, '' AS traceparent, false AS historical,
	jsonb_build_object('childId', s.child_id) AS payload
FROM history h CROSS JOIN outbox_trimmed t LEFT JOIN page s ON true
ORDER BY s.authority, s.child_id
