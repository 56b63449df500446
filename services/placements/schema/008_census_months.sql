-- Who is looked after on a day, however long ago, from an index alone that reads hardly more than those who were: the
-- episodes of an authority by the 31 days in which they ended (not yet: the last of all), and in each by DECOM. On any
-- day the episodes of later days that began by then are all open; only those that ended within the day's own 31 have to
-- be looked at. By expressions, so that no statement planned over empty tables takes it instead of the key.
DROP INDEX episode_census;
CREATE INDEX episode_census ON episode ((authority || ''), (coalesce((dec - '2000-01-01'::date) / 31, 2147483647)), decom)
	INCLUDE (authority, child, ls, dec);

-- The episodes that hold on a day. In a part of their own those whose DEC lies ahead of both days. Inlined where it is
-- used, and its expressions are those of the index.
CREATE FUNCTION episodes_on(p_authority text, p_day date, p_today date) RETURNS TABLE (child uuid, decom date, ls text)
LANGUAGE sql STABLE AS $$
	SELECT e.child, e.decom, e.ls FROM episode e
	WHERE e.authority || '' = p_authority AND coalesce((e.dec - '2000-01-01'::date) / 31, 2147483647) = ANY (ARRAY(
			SELECT m.month FROM generate_series((p_day - '2000-01-01'::date) / 31,
				(greatest(p_day, p_today) - '2000-01-01'::date) / 31) AS m (month)
			UNION ALL SELECT 2147483647))
		AND e.decom <= p_day AND (e.dec > p_day OR e.dec IS NULL)
	UNION ALL
	SELECT e.child, e.decom, e.ls FROM episode e
	WHERE e.authority || '' = p_authority
		AND coalesce((e.dec - '2000-01-01'::date) / 31, 2147483647) > (greatest(p_day, p_today) - '2000-01-01'::date) / 31
		AND coalesce((e.dec - '2000-01-01'::date) / 31, 2147483647) < 2147483647 AND e.decom <= p_day
$$;
