-- The lines of an agreement: the fee itself, one row for each fee it had, then those of other costs; as they stand, or
-- with what stood before.
SELECT x.page_key, x."id", x.cost_type, x.unit, x."amount.pence", x.from_date, x.to_date, x.withdrawn, x.recorded_by,
	x.recorded_at, x.revision
FROM (
	SELECT '0 ' || r.from_date::text || ' ' || lpad(r.revision::text, 6, '0') AS page_key, ''::text AS "id",
		(SELECT t.code FROM cost_type t WHERE t.is_fee ORDER BY t.valid_from DESC LIMIT 1) AS cost_type, 'WEEKLY' AS unit,
		r.weekly_fee_pence AS "amount.pence", r.from_date,
		CASE WHEN r.is_last THEN (SELECT min(n.from_date) FROM agreement_rate n WHERE n.authority = :authority::text
			AND n.agreement_id = :agreement_id::uuid AND n.from_date > r.from_date) END AS to_date, false AS withdrawn,
		r.actor AS recorded_by, r.recorded AS recorded_at, r.revision
	FROM (SELECT s.from_date, s.revision, s.weekly_fee_pence, s.actor, s.recorded,
			row_number() OVER (PARTITION BY s.from_date ORDER BY s.revision DESC) = 1 AS is_last
		FROM agreement_rate s WHERE s.authority = :authority::text AND s.agreement_id = :agreement_id::uuid) r
	WHERE r.is_last OR :with_corrections::boolean
	UNION ALL
	SELECT '1 ' || v.line_id::text || ' ' || lpad(v.revision::text, 6, '0'), v.line_id::text, v.cost_type, v.unit,
		v.amount_pence, v.from_date, v.until, v.withdrawn, v.actor, v.recorded, v.revision
	FROM (SELECT s.line_id, s.revision, s.cost_type, s.unit, s.amount_pence, s.from_date, s.until, s.withdrawn, s.actor,
			s.recorded, row_number() OVER (PARTITION BY s.line_id ORDER BY s.revision DESC) = 1 AS is_last
		FROM agreement_line_revision s WHERE s.authority = :authority::text AND s.agreement_id = :agreement_id::uuid) v
	WHERE (v.is_last AND NOT v.withdrawn) OR :with_corrections::boolean
) x
WHERE :page_after::text IS NULL OR x.page_key > :page_after::text
ORDER BY x.page_key
LIMIT :page_limit::integer
