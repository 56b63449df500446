-- How many children are looked after on a date: DECOM on or before it, DEC empty or after it. Reads the index
-- episode_census, whose expression is repeated here as it stands there.
SELECT coalesce(:date::date, :today::date) AS date, count(l.child) AS children
FROM (
	SELECT e.child
	FROM episode e
	WHERE e.authority = :authority::text AND coalesce(e.dec, 'infinity'::date) > coalesce(:date::date, :today::date)
		AND e.decom <= coalesce(:date::date, :today::date)
		AND (:include_short_breaks::boolean OR coalesce(e.ls, '') NOT IN
			(SELECT k.code FROM code k WHERE k.set = 'LS' AND k.short_breaks))
	GROUP BY e.child
) l
