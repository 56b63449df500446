-- Of timer "carer_review": what the review of the household's approval is reckoned from, and what was told of it.
-- scope: internal
SELECT a.approved::text AS approved, (SELECT max(r.held_on) FROM carer_review r
		WHERE r.home_id = h.id AND r.held_on >= a.approved)::text AS reviewed,
	rule_value('CARER_REVIEW_MONTHS', :today::date) AS months,
	rule_value('CARER_REVIEW_NOTICE_1', :today::date) AS notice_1,
	rule_value('CARER_REVIEW_NOTICE_2', :today::date) AS notice_2,
	rule_value('CARER_REVIEW_NOTICE_3', :today::date) AS notice_3,
	:today::date::text AS today,
	(SELECT string_agg(t.due_date::text || ' ' || t.days_before, ',') FROM carer_review_told t WHERE t.home_id = h.id
		AND t.due_date >= :today::date - 400) AS told
FROM home h LEFT JOIN LATERAL (
	SELECT max(f.from_date) AS approved FROM approval f
	WHERE f.home_id = h.id AND f.first AND f.from_date <= :today::date AND f.from_date IS DISTINCT FROM f.until_date
		AND EXISTS (SELECT 1 FROM approval n WHERE n.home_id = h.id AND n.from_date <= :today::date
			AND (n.until_date IS NULL OR n.until_date > :today::date))
) a ON true
WHERE h.id = :subject::uuid
