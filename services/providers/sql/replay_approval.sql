-- Terms of approval that a repeated request recorded or ended, as they are.
-- scope: supply
SELECT a.id, a.home_id, a.least_age::bigint AS "terms.least_age.value", a.most_age::bigint AS "terms.most_age.value",
	a.sex AS "terms.sex", a.most_children::bigint AS "terms.most_children.value", a.siblings_only AS "terms.siblings_only",
	a.kinds AS "terms.kinds", a.from_date, a.until_date, a.first, a.ended_reason, a.decided_on, a.decided_by, a.source,
	CASE WHEN a.until_date = a.from_date THEN 'SUPERSEDED' WHEN a.from_date > :today::date THEN 'FUTURE'
		WHEN a.until_date <= :today::date THEN 'OVER' ELSE 'IN_FORCE' END AS state, a.recorded AS recorded_at
FROM approval a WHERE a.id = :result_key::uuid
