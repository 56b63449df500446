-- How many children are looked after on a date: DECOM on or before it, DEC empty or after it (episodes_on reads the index
-- episode_census alone).
SELECT coalesce(:date::date, :today::date) AS date, count(l.child) AS children
FROM (
	SELECT e.child
	FROM episodes_on(:authority::text, coalesce(:date::date, :today::date), :today::date) e
	WHERE :include_short_breaks::boolean OR coalesce(e.ls, '') NOT IN
		(SELECT k.code FROM code k WHERE k.set = 'LS' AND k.short_breaks)
	GROUP BY e.child
) l
