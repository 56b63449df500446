-- A household's reviews, latest first.
-- scope: supply
SELECT concat(r.held_on, ' ', r.id) AS page_key, r.id, r.home_id, r.held_on, r.result, r.to_panel,
	r.decided_by, r.source
FROM carer_review r
WHERE r.home_id = :home_id::uuid AND (:page_after::text IS NULL OR concat(r.held_on, ' ', r.id) < :page_after::text)
ORDER BY r.held_on DESC, r.id DESC
LIMIT :page_limit::bigint
