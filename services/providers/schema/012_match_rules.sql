-- The rules by which a council's children are matched on a day: the law's, and the council's own policies that are rules.
CREATE FUNCTION match_rules(p_authority text, p_day date) RETURNS TABLE (code text, value integer, codes text[], source text)
LANGUAGE sql STABLE AS $$
	SELECT l.code, l.value, l.codes, l.source FROM rule l
	WHERE l.from_date <= p_day AND (l.until_date IS NULL OR l.until_date > p_day)
	UNION ALL
	SELECT 'MANAGER_VACANCY', NULL, NULL, y.source
	FROM place_policy_on(p_authority, 'MANAGER_VACANT_KEEPS_BACK', p_day) y WHERE y.value
$$;
