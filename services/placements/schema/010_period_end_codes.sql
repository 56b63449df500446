-- Why a period of care ended.

-- Periods of care of a child, oldest first: episodes that touch or overlap are one period; short breaks are periods of
-- their own. What Hearth recorded itself with REC X1 goes on in law until the next episode, or still: the child is
-- looked after though no home is recorded. Why a period ended is the REC of the episode that ended last: without one, or
-- with X1, it is not known. import_episodes.sql makes the same of what it imports; a test compares.
CREATE OR REPLACE FUNCTION care_periods(p_authority text, p_child uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
	WITH spell AS (
		SELECT e.decom, is_short_breaks(e.ls) AS short_breaks, e.source = 'LIVE' AND e.rec = 'X1' AS goes_on,
			coalesce(e.dec, 'infinity') AS until, nullif(e.rec, 'X1') AS rec
		FROM episode e WHERE e.authority = p_authority AND e.child = p_child
	), reach AS (
		SELECT s.decom, s.short_breaks, s.rec, CASE WHEN s.goes_on THEN greatest(s.until, coalesce(lead(s.decom) OVER w, 'infinity'))
			ELSE s.until END AS until
		FROM spell s WINDOW w AS (PARTITION BY s.short_breaks ORDER BY s.decom)
	), gap AS (
		SELECT r.decom, r.short_breaks, r.rec, r.until, coalesce(max(r.until) OVER (PARTITION BY r.short_breaks ORDER BY r.decom
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) < r.decom, true) AS starts
		FROM reach r
	), island AS (
		SELECT g.decom, g.short_breaks, g.rec, g.until,
			count(*) FILTER (WHERE g.starts) OVER (PARTITION BY g.short_breaks ORDER BY g.decom) AS number
		FROM gap g
	), period AS (
		SELECT min(i.decom) AS start, nullif(max(i.until), 'infinity') AS until, i.short_breaks,
			(array_agg(i.rec ORDER BY i.until DESC, i.decom DESC))[1] AS end_code
		FROM island i GROUP BY i.short_breaks, i.number
	)
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('start', p.start, 'end', p.until,
		'shortBreaks', p.short_breaks, 'endCode', CASE WHEN p.until IS NOT NULL THEN p.end_code END)) ORDER BY p.start, p.short_breaks), '[]')
	FROM period p
$$;
