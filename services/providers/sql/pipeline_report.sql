-- The way from enquiry to approval in a period, and the net change of households. Who left is known for those providers alone
-- that keep their approvals here from before the period on; otherwise it is NULL, and so is the net change.
-- scope: supply
WITH mine AS (
	SELECT f.id, f.enquiry_source, f.enquired_on, f.stage, f.result, f.result_on FROM fostering_enquiry f
	WHERE :provider_id::uuid IS NULL OR f.provider_id = :provider_id::uuid
), step AS (
	SELECT s.enquiry_id, s.stage, s.from_date, g.place, coalesce(lead(s.from_date) OVER (PARTITION BY s.enquiry_id
		ORDER BY g.place), m.result_on) AS left_on
	FROM fostering_step s JOIN mine m ON m.id = s.enquiry_id JOIN fostering_stage g ON g.code = s.stage
), stage AS (
	SELECT g.code, g.place, count(s.stage) FILTER (WHERE s.from_date >= :from_date::date AND s.from_date < :until_date::date)
			AS entered,
		count(s.stage) FILTER (WHERE s.from_date < :until_date::date AND (s.left_on IS NULL OR s.left_on >= :until_date::date))
			AS standing,
		count(s.stage) FILTER (WHERE s.left_on >= :from_date::date AND s.left_on < :until_date::date) AS gone,
		percentile_disc(0.5) WITHIN GROUP (ORDER BY s.left_on - s.from_date)
			FILTER (WHERE s.left_on >= :from_date::date AND s.left_on < :until_date::date) AS days
	FROM fostering_stage g LEFT JOIN step s ON s.stage = g.code
	GROUP BY g.code, g.place
), source AS (
	SELECT m.enquiry_source, count(1) AS enquiries,
		count(1) FILTER (WHERE m.result = 'APPROVED' AND m.result_on < :until_date::date) AS approved,
		count(1) FILTER (WHERE m.result = 'WITHDRAWN' AND m.result_on < :until_date::date) AS withdrawn,
		count(1) FILTER (WHERE m.result = 'REFUSED' AND m.result_on < :until_date::date) AS refused,
		count(1) FILTER (WHERE m.result IS NULL OR m.result_on >= :until_date::date) AS open
	FROM mine m WHERE m.enquired_on >= :from_date::date AND m.enquired_on < :until_date::date
	GROUP BY m.enquiry_source ORDER BY m.enquiry_source NULLS LAST LIMIT 200
), concerned AS (
	-- providers of whom something is recorded: households, enquiries, approvals
	SELECT p.id, (SELECT k.from_date FROM approvals_kept k WHERE k.provider_id = p.id ORDER BY k.number DESC LIMIT 1) AS kept
	FROM provider p
	WHERE (:provider_id::uuid IS NULL OR p.id = :provider_id::uuid) AND (
		EXISTS (SELECT 1 FROM home h WHERE h.provider_id = p.id AND h.kind = 'FOSTERING')
		OR EXISTS (SELECT 1 FROM fostering_enquiry f WHERE f.provider_id = p.id))
), gap AS (
	SELECT count(1) AS providers FROM concerned c WHERE c.kept IS NULL OR c.kept > :from_date::date
), change AS (
	SELECT count(1) FILTER (WHERE a.first AND a.from_date >= :from_date::date AND a.from_date < :until_date::date) AS approved,
		count(1) FILTER (WHERE a.ended_reason IS NOT NULL AND a.until_date >= :from_date::date
			AND a.until_date < :until_date::date) AS gone
	FROM approval a JOIN home h ON h.id = a.home_id
	WHERE (:provider_id::uuid IS NULL OR h.provider_id = :provider_id::uuid)
		AND (a.until_date IS NULL OR a.until_date > a.from_date)
), total AS (
	-- households that were approved on the way here may not have terms recorded yet: the larger of the two is known
	SELECT greatest(c.approved, (SELECT count(1) FROM mine m WHERE m.result = 'APPROVED' AND m.result_on >= :from_date::date
			AND m.result_on < :until_date::date)) AS approved, c.gone, g.providers
	FROM change c CROSS JOIN gap g
)
SELECT (SELECT jsonb_agg(jsonb_build_object('stage', s.code, 'entered', s.entered, 'standing', s.standing, 'left', s.gone,
		'median_days', CASE WHEN s.days IS NOT NULL THEN jsonb_build_object('value', s.days) END) ORDER BY s.place)
		FROM stage s) AS stages,
	(SELECT jsonb_agg(jsonb_build_object('enquiry_source', s.enquiry_source, 'enquiries', s.enquiries, 'approved', s.approved,
		'withdrawn', s.withdrawn, 'refused', s.refused, 'open', s.open, 'conversion',
		coalesce(round(100.0 * s.approved / nullif(s.enquiries, 0), 1)::text, '-')) ORDER BY s.enquiry_source NULLS LAST)
		FROM source s) AS sources,
	CASE WHEN t.approved > 0 OR t.providers = 0 THEN t.approved END::bigint AS "approved.value",
	CASE WHEN t.providers = 0 THEN t.gone END::bigint AS "left.value",
	CASE WHEN t.providers = 0 THEN t.approved - t.gone END::bigint AS "net_change.value",
	CASE WHEN t.providers > 0 THEN 'of ' || t.providers || CASE t.providers WHEN 1 THEN ' provider' ELSE ' providers' END
		|| ' it is not declared (DeclareApprovalsKept) that all ends of approvals of the period are recorded here: who left is not known'
		END AS "unknown"
FROM total t
