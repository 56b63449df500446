-- Events of a partition as they go to the archive: a line of JSON each, without personal fields.
-- scope: internal
SELECT o.seq, json_build_object('seq', o.seq, 'id', o.id, 'type', o.type, 'aggregatetype', o.aggregatetype,
	'aggregateid', o.aggregateid, 'version', o.version, 'partitionKey', o.partition_key, 'authority', o.authority,
	'time', to_char(o.time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'traceparent', o.traceparent,
	'historical', o.historical, 'payload', o.payload)::text AS line
FROM outbox o WHERE o.seq > :after_seq::bigint AND o.seq <= :last_seq::bigint ORDER BY o.seq LIMIT 100
