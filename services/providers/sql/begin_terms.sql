-- Timer "carer_terms": terms that begin today become the home's, an approval that ends today ends. The subject is the home.
-- scope: internal
WITH due AS (
	SELECT t.id, t.subject::uuid AS home_id FROM timer t WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), standing AS (
	SELECT a.id, a.home_id, a.least_age, a.most_age, a.sex, a.most_children, a.siblings_only, a.kinds, a.from_date,
		a.until_date, a.first, a.ended_reason, a.begin_told, a.end_told, a.version
	FROM approval a WHERE a.home_id = (SELECT d.home_id FROM due d) AND (a.until_date IS NULL OR a.until_date > a.from_date)
), present AS (
	SELECT s.id, s.home_id, s.least_age, s.most_age, s.sex, s.most_children, s.siblings_only, s.kinds, s.from_date,
		s.until_date, s.first, s.ended_reason
	FROM standing s WHERE s.from_date <= :today::date AND (s.until_date IS NULL OR s.until_date > :today::date)
), news AS (
	SELECT s.id, s.version, NOT s.begin_told AND s.from_date <= :today::date AS begins,
		NOT s.end_told AND s.ended_reason IS NOT NULL AND s.until_date <= :today::date AS ends
	FROM standing s
), marked AS (
	UPDATE approval a SET begin_told = a.begin_told OR n.begins, end_told = a.end_told OR n.ends,
		version = a.version + CASE WHEN n.begins AND n.ends THEN 2 ELSE 1 END, updated = :now::timestamptz
	FROM news n WHERE a.id = n.id AND (n.begins OR n.ends)
), began AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz, approved = true, least_age = p.least_age,
		most_age = p.most_age, sex = p.sex, most_children = p.most_children, siblings_only = p.siblings_only,
		approved_kinds = p.kinds,
		registered_from = CASE WHEN p.first THEN p.from_date ELSE h.registered_from END,
		registered_until = CASE WHEN p.ended_reason IS NOT NULL OR p.until_date IS NULL THEN p.until_date
			ELSE (SELECT s.until_date FROM standing s ORDER BY s.from_date DESC LIMIT 1) END
	FROM present p WHERE h.id = p.home_id AND EXISTS (SELECT 1 FROM news n WHERE n.id = p.id AND n.begins)
), over AS (
	UPDATE home h SET version = h.version + 1, updated = :now::timestamptz, registered_until = s.until_date
	FROM standing s, news n WHERE n.id = s.id AND n.ends AND h.id = s.home_id AND NOT EXISTS (SELECT 1 FROM present)
		AND h.registered_until IS DISTINCT FROM s.until_date
), coming AS (
	SELECT min(b.day) AS day FROM standing s CROSS JOIN LATERAL (VALUES (s.from_date), (s.until_date)) b (day)
	WHERE b.day > :today::date
), moved AS (
	UPDATE timer t SET due = c.day::timestamp AT TIME ZONE 'Europe/London' FROM due d, coming c
	WHERE t.id = d.id AND c.day IS NOT NULL
), dropped AS (
	DELETE FROM timer t USING due d, coming c WHERE t.id = d.id AND c.day IS NULL
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent, payload)
	SELECT t.type, 'approval', t.id::text, t.version, t.home_id::text, '', :now::timestamptz, :traceparent::text, t.payload
	FROM (
		SELECT 'hearth.carer.approved.v1' AS type, s.id, n.version + 1 AS version, s.home_id, s.from_date AS day,
			jsonb_build_object('homeId', s.home_id, 'approvalId', s.id, 'fromDate', s.from_date, 'untilDate', s.until_date,
			'leastAge', CASE WHEN s.least_age IS NOT NULL THEN jsonb_build_object('value', s.least_age) END,
			'mostAge', CASE WHEN s.most_age IS NOT NULL THEN jsonb_build_object('value', s.most_age) END, 'sex', s.sex,
			'mostChildren', CASE WHEN s.most_children IS NOT NULL THEN jsonb_build_object('value', s.most_children) END,
			'siblingsOnly', s.siblings_only, 'kinds', to_jsonb(s.kinds)) AS payload
		FROM news n JOIN standing s ON s.id = n.id WHERE n.begins AND s.first
		UNION ALL
		SELECT 'hearth.carer.terms_varied.v1', s.id, n.version + 1, s.home_id, s.from_date,
			jsonb_build_object('homeId', s.home_id, 'approvalId', s.id, 'fromDate', s.from_date, 'untilDate', s.until_date,
			'leastAge', CASE WHEN s.least_age IS NOT NULL THEN jsonb_build_object('value', s.least_age) END,
			'mostAge', CASE WHEN s.most_age IS NOT NULL THEN jsonb_build_object('value', s.most_age) END, 'sex', s.sex,
			'mostChildren', CASE WHEN s.most_children IS NOT NULL THEN jsonb_build_object('value', s.most_children) END,
			'siblingsOnly', s.siblings_only, 'kinds', to_jsonb(s.kinds))
		FROM news n JOIN standing s ON s.id = n.id WHERE n.begins AND NOT s.first
		UNION ALL
		SELECT 'hearth.carer.approval_ended.v1', s.id, n.version + CASE WHEN n.begins THEN 2 ELSE 1 END, s.home_id,
			s.until_date, jsonb_build_object('homeId', s.home_id, 'approvalId', s.id, 'date', s.until_date,
			'reason', s.ended_reason, 'children', (SELECT count(DISTINCT k.child_id) FROM hold k
				WHERE k.home_id = s.home_id AND k.state = 'CONFIRMED'))
		FROM news n JOIN standing s ON s.id = n.id WHERE n.ends
	) t ORDER BY t.day, t.version
)
SELECT d.home_id FROM due d
