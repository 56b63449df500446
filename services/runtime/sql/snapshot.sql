-- What a service tells of its state when it has no sql/snapshot.sql of its own: nothing, and says so.
-- scope: internal
SELECT NULL::uuid AS epoch, 0::bigint AS as_of, 0::bigint AS seq, NULL::text AS page_key, NULL::uuid AS id, NULL::text AS type,
	NULL::text AS aggregatetype, NULL::text AS aggregateid, 0::bigint AS version, NULL::text AS partition_key,
	NULL::text AS authority, 0::bigint AS time_us, NULL::text AS traceparent, false AS historical, NULL::jsonb AS payload
WHERE :after_key::text IS NULL OR :most::int IS NOT NULL
