-- What an operator ordered first: one event to be skipped, or the first ones of a key to be tried in their order.
-- scope: internal
WITH first AS (
	SELECT p.place, p.key, p.ordered FROM parked p
	WHERE p.source = :source::text AND p.ordered IS NOT NULL ORDER BY p.place LIMIT 1
)
SELECT p.place, p.key, p.event, f.ordered = 'SKIP' AS skip
FROM first f CROSS JOIN LATERAL (
	SELECT q.place, q.key, q.event FROM parked q
	WHERE q.source = :source::text AND q.key = f.key AND (f.ordered = 'RETRY' OR q.place = f.place)
	ORDER BY q.place LIMIT 100
) p
ORDER BY p.place
