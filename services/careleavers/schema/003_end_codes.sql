-- Why each time in care ended (SSDA903 REC), so that a state or an import says as much as what was told at the time.
-- NULL: it goes on, or it is not known why it ended. Of what was held before this, it is not known until the state of
-- placements is loaded anew or told: only a circumstance that starts on that day says what it was.
ALTER TABLE care_period ADD COLUMN end_code text;

INSERT INTO explanation (code, rule, verified, text, source) VALUES
	('END_UNKNOWN', 'R34', true, 'unknown because it is not known why care ended: a return home, detention or special '
		'guardianship would decide', 'CLR 2010 reg 3; Children Act 1989 s24');

-- As the rule reads them, "DETAINED:2021-05-01/2022-01-01,RETURNED_HOME:/,END_UNKNOWN:2020-03-01/". Times in care that
-- ended nobody knows why are among them, up to the next one; a circumstance that somebody recorded of that day, also one
-- that was withdrawn since, or a return home between, says what it was.
CREATE OR REPLACE FUNCTION circumstances_of(p_authority text, p_child uuid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT coalesce(string_agg(concat(c.kind, ':', c.start, '/', c.until), ',' ORDER BY c.start, c.id), '')
	FROM (
		SELECT k.id, k.kind, k.start, k.until
		FROM (SELECT DISTINCT ON (r.id) r.id, r.kind, r.start, r.until, r.withdrawn FROM circumstance r
			WHERE r.authority = p_authority AND r.child_id = p_child ORDER BY r.id, r.revision DESC) k
		WHERE NOT k.withdrawn
		UNION ALL
		SELECT NULL, 'END_UNKNOWN', e.until, e.next
		FROM (SELECT p.until, p.end_code, lead(p.start) OVER (ORDER BY p.start) AS next FROM care_period p
			WHERE p.authority = p_authority AND p.child_id = p_child AND NOT p.short_breaks AND p.until IS DISTINCT FROM p.start) e
		WHERE e.until IS NOT NULL AND e.end_code IS NULL AND NOT EXISTS (SELECT 1 FROM circumstance k
			WHERE k.authority = p_authority AND k.child_id = p_child
				AND k.kind IN ('RETURNED_HOME', 'DETAINED', 'SPECIAL_GUARDIANSHIP')
				AND (k.start = e.until OR (k.kind = 'RETURNED_HOME' AND k.start > e.until
					AND (e.next IS NULL OR k.start < e.next))))
	) c
$$;
