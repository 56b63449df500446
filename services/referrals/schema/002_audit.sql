-- Under which ids the audit knows a child here: its own and those of its referrals and their offers.
CREATE OR REPLACE FUNCTION audit_subjects(p_authority text, p_subject text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
	WITH own AS (
		SELECT r.authority, r.id FROM referral r
		WHERE r.child_id = CASE WHEN p_subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN p_subject::uuid END
			AND (p_authority IS NULL OR r.authority = p_authority)
	)
	SELECT p_subject
	UNION
	SELECT w.id::text FROM own w
	UNION
	SELECT o.id::text FROM own w JOIN offer o ON o.referral_id = w.id AND o.authority = w.authority
$$;
