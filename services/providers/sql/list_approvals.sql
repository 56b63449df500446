-- A household's terms of approval, latest first; of one day those that hold before those recorded in error.
-- scope: supply
SELECT concat(a.from_date, ' ', a.from_date IS DISTINCT FROM a.until_date, ' ', to_char(a.recorded AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), ' ', a.id) AS page_key,
	a.id, a.home_id, a.least_age::bigint AS "terms.least_age.value", a.most_age::bigint AS "terms.most_age.value",
	a.sex AS "terms.sex", a.most_children::bigint AS "terms.most_children.value", a.siblings_only AS "terms.siblings_only",
	a.kinds AS "terms.kinds", a.from_date, a.until_date, a.first, a.ended_reason, a.decided_on, a.decided_by, a.source,
	CASE WHEN a.until_date = a.from_date THEN 'SUPERSEDED' WHEN a.from_date > :today::date THEN 'FUTURE'
		WHEN a.until_date <= :today::date THEN 'OVER' ELSE 'IN_FORCE' END AS state, a.recorded AS recorded_at
FROM approval a
WHERE a.home_id = :home_id::uuid AND (:page_after::text IS NULL OR
	concat(a.from_date, ' ', a.from_date IS DISTINCT FROM a.until_date, ' ', to_char(a.recorded AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), ' ', a.id) < :page_after::text)
ORDER BY a.from_date DESC, a.from_date IS DISTINCT FROM a.until_date DESC, a.recorded DESC, a.id DESC
LIMIT :page_limit::bigint
