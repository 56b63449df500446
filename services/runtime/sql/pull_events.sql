-- Events after a cursor, with the history's epoch and end; one row without a seq when there is none.
-- scope: internal
SELECT h.epoch, coalesce((SELECT max(m.seq) FROM outbox m), 0) AS end_seq,
	o.seq, o.id, o.type, o.aggregatetype, o.aggregateid, o.version, o.partition_key, o.authority,
	(extract(epoch FROM o.time) * 1000000)::bigint AS time_us, o.traceparent,
	o.historical, o.payload
FROM history h LEFT JOIN LATERAL (
	SELECT b.seq, b.id, b.type, b.aggregatetype, b.aggregateid, b.version, b.partition_key, b.authority, b.time,
		b.traceparent, b.historical, b.payload
	FROM outbox b
	WHERE b.seq > :after_seq::bigint
		AND (:only_authority::text IS NULL OR b.authority IN (:only_authority::text, ''))
	ORDER BY b.seq LIMIT :most::int
) o ON true
ORDER BY o.seq
