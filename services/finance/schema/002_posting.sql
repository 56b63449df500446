-- What the ledger should hold, and the lines that bring it there. An opening, an end and a new fee all go through the same
-- difference (lines_due), so that late news needs no rule of its own.

CREATE TYPE rate_step AS (from_date date, weekly_fee_pence bigint);

CREATE FUNCTION rates_of(p_authority text, p_agreement uuid) RETURNS rate_step[] LANGUAGE sql STABLE AS $$
	SELECT coalesce(array_agg(ROW(r.from_date, r.weekly_fee_pence)::rate_step ORDER BY r.from_date), '{}')
	FROM rate_in_force r WHERE r.authority = p_authority AND r.agreement_id = p_agreement
$$;

-- The same with another fee from a date.
CREATE FUNCTION rates_with(p_rates rate_step[], p_from date, p_weekly bigint) RETURNS rate_step[]
LANGUAGE sql IMMUTABLE AS $$
	SELECT array_agg(ROW(s.from_date, s.weekly_fee_pence)::rate_step ORDER BY s.from_date) FROM (
		SELECT r.from_date, r.weekly_fee_pence FROM unnest(p_rates) r WHERE r.from_date <> p_from
		UNION ALL SELECT p_from, p_weekly
	) s
$$;

-- The fees over the days of an agreement: [start, end) as ACCRUAL, [end, end + notice) as NOTICE at the fee of the last
-- day lived there (of the start, when there was none). p_to: the end, or for an open agreement how far to go.
CREATE FUNCTION fees_of_days(p_start date, p_to date, p_notice integer, p_rates rate_step[])
RETURNS TABLE (kind text, rate_from date, weekly_fee_pence bigint, days daterange) LANGUAGE sql IMMUTABLE AS $$
	SELECT 'ACCRUAL', s.from_date, s.weekly_fee_pence,
		daterange(greatest(s.from_date, p_start), greatest(s.from_date, p_start, least(s.to_date, p_to)))
	FROM (SELECT r.from_date, r.weekly_fee_pence, lead(r.from_date) OVER (ORDER BY r.from_date) AS to_date
		FROM unnest(p_rates) r) s
	UNION ALL
	SELECT 'NOTICE', n.from_date, n.weekly_fee_pence, daterange(p_to, p_to + p_notice)
	FROM (SELECT r.from_date, r.weekly_fee_pence FROM unnest(p_rates) r WHERE r.from_date <= greatest(p_to - 1, p_start)
		ORDER BY r.from_date DESC LIMIT 1) n
$$;

-- Days of [start, to) without a fee.
CREATE FUNCTION days_unpriced(p_start date, p_to date, p_rates rate_step[]) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
	SELECT greatest(p_to - p_start, 0) - coalesce(sum(upper(f.days) - lower(f.days))::integer, 0)
	FROM fees_of_days(p_start, p_to, 0, p_rates) f
	WHERE f.kind = 'ACCRUAL' AND f.weekly_fee_pence IS NOT NULL AND NOT isempty(f.days)
$$;

-- The lines that are missing: first what is posted and should not be (reversed), then what should be and is not.
CREATE FUNCTION lines_due(p_authority text, p_agreement uuid, p_start date, p_to date, p_notice integer, p_rates rate_step[])
RETURNS TABLE (place integer, kind text, rate_from date, weekly_fee_pence bigint, from_date date, to_date date, pence bigint,
	reverses bigint) LANGUAGE sql STABLE AS $$
	WITH wanted AS (
		SELECT f.kind, f.rate_from, f.weekly_fee_pence, range_agg(f.days) AS days
		FROM fees_of_days(p_start, p_to, p_notice, p_rates) f
		WHERE f.weekly_fee_pence IS NOT NULL AND NOT isempty(f.days)
		GROUP BY f.kind, f.rate_from, f.weekly_fee_pence
	), standing AS (
		SELECT l.id, l.kind, l.rate_from, l.weekly_fee_pence, datemultirange(daterange(l.from_date, l.to_date))
			- coalesce(range_agg(daterange(b.from_date, b.to_date)) FILTER (WHERE b.id IS NOT NULL), '{}') AS days
		FROM ledger l
		LEFT JOIN ledger b ON b.authority = p_authority AND b.agreement_id = p_agreement AND b.reverses = l.id
		WHERE l.authority = p_authority AND l.agreement_id = p_agreement AND l.kind <> 'REVERSAL'
		GROUP BY l.id, l.kind, l.rate_from, l.weekly_fee_pence, l.from_date, l.to_date
	), covered AS (
		SELECT s.kind, s.rate_from, s.weekly_fee_pence, range_agg(s.days) AS days FROM standing s
		GROUP BY s.kind, s.rate_from, s.weekly_fee_pence
	), due AS (
		SELECT 1 AS place, 'REVERSAL' AS kind, s.rate_from, s.weekly_fee_pence, s.id AS reverses,
			unnest(s.days - coalesce(w.days, '{}')) AS days
		FROM standing s LEFT JOIN wanted w USING (kind, rate_from, weekly_fee_pence)
		UNION ALL
		SELECT CASE w.kind WHEN 'ACCRUAL' THEN 2 ELSE 3 END, w.kind, w.rate_from, w.weekly_fee_pence, NULL,
			unnest(w.days - coalesce(c.days, '{}'))
		FROM wanted w LEFT JOIN covered c USING (kind, rate_from, weekly_fee_pence)
	)
	SELECT d.place, d.kind, d.rate_from, d.weekly_fee_pence, lower(d.days), upper(d.days),
		CASE d.place WHEN 1 THEN -1 ELSE 1 END
			* accrued(d.weekly_fee_pence, lower(d.days) - d.rate_from, upper(d.days) - d.rate_from),
		d.reverses
	FROM due d
$$;

-- The fee that an agreement shows: today's; of a closed one the last day's, of one to come the first day's.
CREATE FUNCTION fee_shown(p_start date, p_end date, p_today date, p_rates rate_step[]) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
	SELECT r.weekly_fee_pence FROM unnest(p_rates) r
	WHERE r.from_date <= greatest(p_start, least(p_today, p_end - 1)) ORDER BY r.from_date DESC LIMIT 1
$$;

CREATE FUNCTION rates_shown(p_rates rate_step[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('fromDate', r.from_date, 'weeklyFee',
		CASE WHEN r.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', r.weekly_fee_pence) END))
		ORDER BY r.from_date), '[]')
	FROM unnest(p_rates) r
$$;

CREATE FUNCTION external_ids_shown(p_authority text, p_agreement uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('system', x.system, 'id', x.id) ORDER BY x.system, x.id), '[]')
	FROM agreement_external_id x WHERE x.authority = p_authority AND x.agreement_id = p_agreement
$$;

-- The same with one that the same statement inserts (and cannot see).
CREATE FUNCTION external_ids_shown_with(p_authority text, p_agreement uuid, p_system text, p_id text)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_agg(jsonb_build_object('system', k.system, 'id', k.id) ORDER BY k.system, k.id)
	FROM (
		SELECT x.system, x.id
		FROM agreement_external_id x WHERE x.authority = p_authority AND x.agreement_id = p_agreement
		UNION
		SELECT p_system, p_id
	) k
$$;

CREATE FUNCTION posted_shown(p_authority text, p_agreement uuid) RETURNS bigint LANGUAGE sql STABLE AS $$
	SELECT sum(l.pence)::bigint FROM ledger l WHERE l.authority = p_authority AND l.agreement_id = p_agreement
$$;
