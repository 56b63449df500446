-- A young person's rows, the latest first: as they stand, or with what stood before.
SELECT k.id, k.kind, k.date, k.adviser_id, k.in_touch, k.activity, k.withdrawn, k.actor AS recorded_by,
	k.recorded AS recorded_at, k.revision,
	k.date::text || ' ' || k.id::text || ' ' || k.revision::text AS page_key
FROM pathway_event k
WHERE k.authority = :authority::text AND k.child_id = :child_id::uuid
	AND (:with_corrections::boolean OR (NOT k.withdrawn AND NOT EXISTS (SELECT 1 FROM pathway_event n
		WHERE n.authority = k.authority AND n.child_id = k.child_id AND n.id = k.id AND n.revision > k.revision)))
	AND (:page_after::text IS NULL OR (k.date, k.id, k.revision) < (split_part(:page_after::text, ' ', 1)::date,
		split_part(:page_after::text, ' ', 2)::uuid, split_part(:page_after::text, ' ', 3)::integer))
ORDER BY k.date DESC, k.id DESC, k.revision DESC
LIMIT :page_limit::integer
