-- What a financial year costs as it was known on a day: posted for the days before it, still to be posted of them, and
-- committed from it on; by month, cost type and provider as asked, with the whole in every row.
WITH asked AS MATERIALIZED (
	SELECT make_date(y.year, 4, 1) AS year_from, make_date(y.year + 1, 4, 1) AS year_to, d.as_of,
		(d.as_of + 1)::timestamp AT TIME ZONE 'Europe/London' AS known
	FROM (SELECT coalesce(:as_of::date, :today::date) AS as_of) d
	CROSS JOIN LATERAL (SELECT coalesce(nullif(:financial_year::integer, 0), extract(year FROM d.as_of)::integer
		- CASE WHEN extract(month FROM d.as_of) < 4 THEN 1 ELSE 0 END) AS year) y
), agreement_of AS MATERIALIZED (
	SELECT k.id, k.is_open, k.planned_end, k.adult_on, k.birth_known, k.provider_id, k.lived_to
	FROM asked a CROSS JOIN LATERAL agreements_known(:authority::text, a.year_from, a.year_to, a.as_of, a.known) k
), month AS (
	SELECT to_char(m.first, 'YYYY-MM') AS month, daterange(m.first::date, (m.first + interval '1 month')::date) AS days
	FROM asked a CROSS JOIN LATERAL generate_series(a.year_from::timestamp, a.year_to::timestamp - interval '1 day',
		interval '1 month') m (first)
), part AS (
	SELECT m.month, f.cost_type, f.provider_id, f.agreement_id, f.line_id, f.rate_from, f.weekly_fee_pence,
		f.days * m.days * daterange(NULL, a.as_of) AS over, f.days * m.days * daterange(a.as_of, NULL) AS to_come
	FROM asked a CROSS JOIN LATERAL fees_known(:authority::text, a.year_from, a.year_to, a.as_of, a.known) f
	JOIN month m ON m.days && f.days
), item AS (
	SELECT p.month, p.cost_type, p.provider_id, p.agreement_id, p.line_id,
		CASE WHEN isempty(p.over) THEN 0 ELSE accrued(p.weekly_fee_pence, lower(p.over) - p.rate_from,
			upper(p.over) - p.rate_from) END AS over_pence,
		CASE WHEN isempty(p.to_come) THEN 0 ELSE accrued(p.weekly_fee_pence, lower(p.to_come) - p.rate_from,
			upper(p.to_come) - p.rate_from) END AS committed_pence, 0::bigint AS posted_pence,
		CASE WHEN p.weekly_fee_pence IS NOT NULL OR isempty(p.over) THEN 0 ELSE upper(p.over) - lower(p.over) END
			AS unpriced_over,
		CASE WHEN p.weekly_fee_pence IS NOT NULL OR isempty(p.to_come) THEN 0 ELSE upper(p.to_come) - lower(p.to_come) END
			AS unpriced_to_come
	FROM part p
	UNION ALL
	SELECT m.month, coalesce(t.cost_type, (SELECT c.code FROM cost_type c WHERE c.is_fee ORDER BY c.valid_from DESC LIMIT 1)),
		(SELECT o.provider_id FROM home o WHERE o.home_id = g.home_id AND o.recorded < a.known
			ORDER BY o.revision DESC LIMIT 1), l.agreement_id, l.line_id, 0, 0,
		CASE l.kind WHEN 'REVERSAL' THEN -1 ELSE 1 END * accrued(l.weekly_fee_pence, lower(d.days) - l.rate_from,
			upper(d.days) - l.rate_from), 0, 0
	FROM asked a JOIN ledger l ON l.authority = :authority::text AND l.from_date < least(a.year_to, a.as_of)
		AND l.to_date > a.year_from AND l.posted_at < a.known
	JOIN agreement g ON g.authority = :authority::text AND g.id = l.agreement_id
	JOIN month m ON m.days && daterange(l.from_date, l.to_date)
	CROSS JOIN LATERAL (SELECT daterange(l.from_date, l.to_date) * m.days * daterange(NULL, a.as_of) AS days) d
	LEFT JOIN LATERAL (SELECT v.cost_type FROM agreement_line_revision v WHERE v.authority = :authority::text
		AND v.agreement_id = l.agreement_id AND v.line_id = l.line_id AND v.recorded < a.known
		ORDER BY v.revision DESC LIMIT 1) t ON true
	WHERE NOT isempty(d.days)
), keyed AS (
	SELECT CASE WHEN :by_month::boolean THEN i.month END AS month, CASE WHEN :by_cost_type::boolean THEN i.cost_type END AS cost_type,
		CASE WHEN :by_provider::boolean THEN coalesce(i.provider_id::text, '') END AS provider_id, i.agreement_id, i.line_id,
		coalesce(i.over_pence, 0) AS over_pence, coalesce(i.committed_pence, 0) AS committed_pence, i.posted_pence,
		i.unpriced_over, i.unpriced_to_come
	FROM item i
), grouped AS (
	SELECT concat(k.month, ' ', k.cost_type, ' ', k.provider_id) AS page_key, k.month, k.cost_type, k.provider_id,
		sum(k.posted_pence)::bigint AS posted_pence, sum(k.over_pence - k.posted_pence)::bigint AS unposted_pence,
		sum(k.committed_pence)::bigint AS committed_pence, sum(k.over_pence + k.committed_pence)::bigint AS total_pence,
		count(DISTINCT k.agreement_id)::integer AS agreements,
		count(DISTINCT (k.agreement_id, k.line_id)) FILTER (WHERE k.unpriced_over + k.unpriced_to_come > 0)::integer AS unpriced,
		sum(k.unpriced_over)::integer AS unpriced_days, sum(k.unpriced_to_come)::integer AS unpriced_days_to_come,
		grouping(k.month) AS whole
	FROM keyed k GROUP BY GROUPING SETS ((k.month, k.cost_type, k.provider_id), ())
)
SELECT g.page_key, g.month, g.cost_type, g.provider_id, g.posted_pence, g.unposted_pence, g.committed_pence, g.total_pence,
	g.agreements, g.unpriced, g.unpriced_days, g.unpriced_days_to_come,
	a.year_from::text AS year_from, a.year_to::text AS year_to, a.as_of::text AS as_of,
	w.posted_pence AS all_posted, w.unposted_pence AS all_unposted, w.committed_pence AS all_committed, w.total_pence AS all_total,
	w.agreements AS all_agreements, w.unpriced AS all_unpriced, w.unpriced_days AS all_unpriced_days,
	w.unpriced_days_to_come AS all_unpriced_to_come,
	(SELECT count(1)::integer FROM agreement_of o WHERE o.is_open) AS open_agreements,
	(SELECT count(1)::integer FROM agreement_of o WHERE o.is_open AND o.planned_end <= a.as_of) AS past_planned_end,
	(SELECT count(1)::integer FROM agreement_of o WHERE o.is_open AND o.adult_on <= a.as_of) AS past_18,
	(SELECT count(1)::integer FROM agreement_of o WHERE o.is_open AND NOT o.birth_known) AS birthday_unknown,
	(SELECT count(1)::integer FROM agreement_of o WHERE o.is_open AND o.planned_end IS NULL) AS planned_end_unknown
FROM asked a CROSS JOIN (SELECT h.posted_pence, h.unposted_pence, h.committed_pence, h.total_pence, h.agreements, h.unpriced,
		h.unpriced_days, h.unpriced_days_to_come FROM grouped h WHERE h.whole = 1) w
LEFT JOIN grouped g ON g.whole = 0 AND (:page_after::text IS NULL OR g.page_key > :page_after::text)
ORDER BY g.page_key
LIMIT :page_limit::integer
