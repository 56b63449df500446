-- How children and placements read in replies: column names are the fields of messages Child, Placement and Episode.

CREATE FUNCTION external_ids(p_authority text, p_kind text, p_resource uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_build_object('system', x.system, 'id', x.id) ORDER BY x.system, x.id), '[]')
	FROM external_id x WHERE x.authority = p_authority AND x.kind = p_kind AND x.resource = p_resource
$$;

-- The same with one that the same statement inserts (and cannot see).
CREATE FUNCTION external_ids_with(p_authority text, p_kind text, p_resource uuid, p_system text, p_id text)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_agg(jsonb_build_object('system', x.system, 'id', x.id) ORDER BY x.system, x.id)
	FROM (
		SELECT k.system, k.id
		FROM external_id k WHERE k.authority = p_authority AND k.kind = p_kind AND k.resource = p_resource
		UNION
		SELECT p_system, p_id
	) x
$$;

-- A date of birth and what follows from it are personal: a message of their own.
CREATE FUNCTION personal_date(p_day date) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
	SELECT CASE WHEN p_day IS NOT NULL THEN jsonb_build_object('value', p_day) END
$$;

CREATE FUNCTION fee_changes(p_authority text, p_placement uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('fromDate', f.from_date, 'weeklyFee',
		CASE WHEN f.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', f.weekly_fee_pence) END))
		ORDER BY f.from_date, f.version), '[]')
	FROM placement_fee f WHERE f.authority = p_authority AND f.placement = p_placement
$$;

CREATE VIEW child_reading AS
SELECT c.authority, c.id, c.version::text AS etag, c.sex, c.date_of_birth AS "date_of_birth.value", c.unaccompanied,
	external_ids(c.authority, 'child', c.id) AS external_ids,
	attains(c.date_of_birth, 16) AS "turns_16.value", attains(c.date_of_birth, 18) AS "turns_18.value"
FROM child c;

CREATE VIEW placement_reading AS
SELECT p.authority, p.id, p.version::text AS etag, p.child AS child_id, p.state, p.referral_id, p.offer_id, p.hold_id,
	p.home_id, p.planned_start, p.start_date, p.end_date, p.weekly_fee_pence AS "weekly_fee.pence",
	p.notice_days AS "notice_days.value", p.placement_type, p.legal_status, p.reason,
	p.notice_hours AS "notice_hours.value", p.end_code, p.moved_from, p.moved_to, p.left_care,
	fee_changes(p.authority, p.id) AS fee_changes, external_ids(p.authority, 'placement', p.id) AS external_ids
FROM placement p;

-- Periods of care of a child, oldest first: episodes that touch or overlap are one period; short breaks are periods of
-- their own. What Hearth recorded itself with REC X1 goes on in law until the next episode, or still: the child is
-- looked after though no home is recorded. import_episodes.sql makes the same of what it imports; a test compares.
CREATE FUNCTION care_periods(p_authority text, p_child uuid) RETURNS jsonb LANGUAGE sql STABLE AS $$
	WITH spell AS (
		SELECT e.decom, is_short_breaks(e.ls) AS short_breaks, e.source = 'LIVE' AND e.rec = 'X1' AS goes_on,
			coalesce(e.dec, 'infinity') AS until
		FROM episode e WHERE e.authority = p_authority AND e.child = p_child
	), reach AS (
		SELECT s.decom, s.short_breaks, CASE WHEN s.goes_on THEN greatest(s.until, coalesce(lead(s.decom) OVER w, 'infinity'))
			ELSE s.until END AS until
		FROM spell s WINDOW w AS (PARTITION BY s.short_breaks ORDER BY s.decom)
	), gap AS (
		SELECT r.decom, r.short_breaks, r.until, coalesce(max(r.until) OVER (PARTITION BY r.short_breaks ORDER BY r.decom
			ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) < r.decom, true) AS starts
		FROM reach r
	), island AS (
		SELECT g.decom, g.short_breaks, g.until,
			count(*) FILTER (WHERE g.starts) OVER (PARTITION BY g.short_breaks ORDER BY g.decom) AS number
		FROM gap g
	), period AS (
		SELECT min(i.decom) AS start, nullif(max(i.until), 'infinity') AS until, i.short_breaks
		FROM island i GROUP BY i.short_breaks, i.number
	)
	SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('start', p.start, 'end', p.until,
		'shortBreaks', p.short_breaks)) ORDER BY p.start, p.short_breaks), '[]')
	FROM period p
$$;

-- The fee changes of a placement with one that the same statement inserts (and cannot see).
CREATE FUNCTION fee_changes_with(p_authority text, p_placement uuid, p_version bigint, p_from date, p_pence bigint)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('fromDate', f.from_date, 'weeklyFee',
		CASE WHEN f.weekly_fee_pence IS NOT NULL THEN jsonb_build_object('pence', f.weekly_fee_pence) END))
		ORDER BY f.from_date, f.version)
	FROM (
		SELECT f.from_date, f.version, f.weekly_fee_pence
		FROM placement_fee f WHERE f.authority = p_authority AND f.placement = p_placement
		UNION ALL
		SELECT p_from, p_version, p_pence
	) f
$$;
