-- Under which ids the audit knows a child here: its own and those of its holds and referrals.
CREATE OR REPLACE FUNCTION audit_subjects(p_authority text, p_subject text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
	SELECT p_subject
	UNION
	SELECT unnest(ARRAY[h.id::text, h.referral_id::text]) FROM hold h
	WHERE h.child_id = CASE WHEN p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_subject::uuid END
		AND (p_authority IS NULL OR h.authority = p_authority)
	UNION
	SELECT n.referral_id::text FROM need n
	WHERE n.child_id = CASE WHEN p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_subject::uuid END
		AND (p_authority IS NULL OR n.authority = p_authority)
$$;
