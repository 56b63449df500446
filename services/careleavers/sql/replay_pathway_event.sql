-- The row of a repeated request, as it stands now.
SELECT k.id, k.kind, k.date, k.adviser_id, k.in_touch, k.activity, k.withdrawn, k.actor AS recorded_by,
	k.recorded AS recorded_at, k.revision
FROM pathway_event k
WHERE k.authority = :authority::text AND k.child_id = split_part(:result_key::text, ' ', 1)::uuid
	AND k.id = split_part(:result_key::text, ' ', 2)::uuid
ORDER BY k.revision DESC LIMIT 1
