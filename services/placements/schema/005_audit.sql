-- Under which ids the audit knows a child here: its own and those of its placements.
CREATE OR REPLACE FUNCTION audit_subjects(p_authority text, p_subject text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
	SELECT p_subject
	UNION
	SELECT p.id::text FROM placement p
	WHERE p.child = CASE WHEN p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_subject::uuid END
		AND (p_authority IS NULL OR p.authority = p_authority)
$$;
