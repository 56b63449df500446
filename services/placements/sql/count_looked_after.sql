-- How many children are looked after on a date: DECOM on or before it, DEC empty or after it.
SELECT coalesce(:date::date, :today::date) AS date, count(DISTINCT e.child) AS children
FROM episode e
WHERE e.authority = :authority::text AND e.decom <= coalesce(:date::date, :today::date)
	AND (e.dec IS NULL OR e.dec > coalesce(:date::date, :today::date))
	AND (:include_short_breaks::boolean OR coalesce(e.ls, '') NOT IN
		(SELECT k.code FROM code k WHERE k.set = 'LS' AND k.short_breaks))
