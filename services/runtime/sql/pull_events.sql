-- Events after a cursor, with the history's epoch, its end and what has been trimmed; one row without a seq when there is
-- none. Personal fields are read for the pull of services alone.
-- scope: internal
SELECT h.epoch, greatest((SELECT max(m.seq) FROM outbox m), t.through) AS end_seq, t.through AS trimmed,
	o.seq, o.id, o.type, o.aggregatetype, o.aggregateid, o.version, o.partition_key, o.authority,
	(extract(epoch FROM o.time) * 1000000)::bigint AS time_us, o.traceparent,
	o.historical, o.payload
FROM history h CROSS JOIN outbox_trimmed t LEFT JOIN LATERAL (
	SELECT b.seq, b.id, b.type, b.aggregatetype, b.aggregateid, b.version, b.partition_key, b.authority, b.time,
		b.traceparent, b.historical,
		CASE WHEN :personal::boolean AND b.personal IS NOT NULL THEN b.payload || b.personal ELSE b.payload END AS payload
	FROM outbox b
	WHERE b.seq > :after_seq::bigint
		AND (:only_authority::text IS NULL OR b.authority IN (:only_authority::text, ''))
	ORDER BY b.seq LIMIT :most::int
) o ON true
ORDER BY o.seq
