-- Takes episodes of past years in bulk: a later return year wins, what was recorded live is kept, what changes nothing
-- is not written. Each child that really changed is told once, historically, with its whole present history.
-- What is held is found row by row with its whole key, in LATERAL parts that cannot be joined another way and by ON
-- CONFLICT: a plan made when little was known of the authority would else read all its rows for each one it is given.
-- The service's C says which codes are used (used_*), and what the periods of care are of a child of whom nothing else
-- is held and whose episodes are no short breaks (life_*); all others' are made here.
-- Ids of new children are UUIDs of this call's time (version 7, numbered within it, the rest random): those of a request
-- lie together at the end of every index, where random ones would touch as many pages as there are children.
-- plan: fresh
WITH seen AS (
	SELECT s.outcome, s.result_key
	FROM request_seen(:authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text) s
), child_row AS MATERIALIZED (
	SELECT g.child AS key, (array_agg(g.sex ORDER BY g.return_year DESC) FILTER (WHERE g.sex IS NOT NULL))[1] AS sex,
		(array_agg(g.born ORDER BY g.return_year DESC) FILTER (WHERE g.born IS NOT NULL))[1] AS born,
		bool_or(g.unaccompanied) AS unaccompanied, max(g.return_year) AS return_year
	FROM unnest(:children_child::text[], :children_sex::text[], :children_date_of_birth_value::date[],
		:children_unaccompanied::boolean[], :children_return_year::smallint[])
		AS g (child, sex, born, unaccompanied, return_year)
	GROUP BY g.child
), given AS MATERIALIZED (
	SELECT g.child, g.decom, g.rne, g.ls, g.cin, g.place, g.place_provider, g.dec, g.rec, g.reason_place_change,
		g.home_outward, g.place_outward, g.urn, g.return_year, g.number
	FROM unnest(:episodes_child::text[], :episodes_decom::date[], :episodes_rne::text[], :episodes_ls::text[],
		:episodes_cin::text[], :episodes_place::text[], :episodes_place_provider::text[], :episodes_dec::date[],
		:episodes_rec::text[], :episodes_reason_place_change::text[], :episodes_home_outward::text[],
		:episodes_place_outward::text[], :episodes_urn::text[], :episodes_return_year::smallint[])
		WITH ORDINALITY AS g (child, decom, rne, ls, cin, place, place_provider, dec, rec, reason_place_change,
		home_outward, place_outward, urn, return_year, number)
), picked AS MATERIALIZED (
	SELECT DISTINCT ON (g.child COLLATE "C", g.decom) g.child, g.decom, g.rne, g.ls, g.cin, g.place, g.place_provider, g.dec, g.rec,
		g.reason_place_change, g.home_outward, g.place_outward, g.urn, g.return_year
	FROM given g ORDER BY g.child COLLATE "C", g.decom, g.return_year DESC, g.number DESC
), person AS MATERIALIZED (
	SELECT k.key, coalesce(x.resource, (left(:new_id::text, 15) || lpad(to_hex(row_number() OVER (ORDER BY k.key COLLATE "C")), 3, '0')
		|| substr(gen_random_uuid()::text, 19))::uuid) AS id, x.resource IS NULL AS is_new,
		r.key IS NOT NULL AS described, r.sex, r.born, coalesce(r.unaccompanied, false) AS unaccompanied,
		r.return_year
	FROM (SELECT c.key FROM child_row c UNION SELECT w.child FROM picked w) k
	LEFT JOIN LATERAL (SELECT e.resource FROM external_id e WHERE e.authority = :authority::text AND e.kind = 'child'
		AND e.system = coalesce(:system::text, 'ssda903') AND e.id = k.key LIMIT 1) x ON true
	LEFT JOIN child_row r ON r.key = k.key
), strange AS (
	SELECT u.set, u.code, u.year AS return_year
	FROM unnest(:used_set::text[], :used_code::text[], :used_year::smallint[]) AS u (set, code, year)
	WHERE NOT EXISTS (SELECT 1 FROM code c WHERE c.set = u.set AND c.code = u.code AND c.valid_from <= u.year
		AND (c.valid_to IS NULL OR c.valid_to >= u.year))
	LIMIT 1
), verdict AS MATERIALIZED (
	SELECT CASE
		WHEN EXISTS (SELECT 1 FROM seen) THEN (SELECT s.outcome FROM seen s)
		WHEN EXISTS (SELECT 1 FROM person p WHERE p.is_new AND NOT p.described) THEN 'UNKNOWN_CHILD'
		WHEN EXISTS (SELECT 1 FROM strange) THEN 'UNKNOWN_CODE'
		ELSE 'OK' END AS outcome
), old AS MATERIALIZED (
	SELECT c.id, c.sex, c.date_of_birth, c.unaccompanied, c.return_year, c.version
	FROM person p CROSS JOIN LATERAL (SELECT h.id, h.sex, h.date_of_birth, h.unaccompanied, h.return_year, h.version
		FROM child h WHERE h.authority = :authority::text AND h.id = p.id LIMIT 1) c
	WHERE NOT p.is_new
), held AS MATERIALIZED (
	SELECT e.authority, e.child, e.decom, e.rne, e.ls, e.cin, e.place, e.place_provider, e.dec, e.rec,
		e.reason_place_change, e.home_outward, e.place_outward, e.urn, e.return_year, e.source, e.placement, e.recorded,
		e.recorded_by
	FROM person p CROSS JOIN LATERAL (SELECT h.authority, h.child, h.decom, h.rne, h.ls, h.cin, h.place,
		h.place_provider, h.dec, h.rec, h.reason_place_change, h.home_outward, h.place_outward, h.urn, h.return_year,
		h.source, h.placement, h.recorded, h.recorded_by
		FROM episode h WHERE h.authority = :authority::text AND h.child = p.id OFFSET 0) e
	WHERE NOT p.is_new
), judged AS MATERIALIZED (
	SELECT p.id AS child, w.decom, w.rne, w.ls, w.cin, w.place, w.place_provider, w.dec, w.rec, w.reason_place_change,
		w.home_outward, w.place_outward, w.urn, w.return_year, CASE
		WHEN h.decom IS NULL THEN 'NEW'
		WHEN h.source = 'LIVE' THEN 'KEPT'
		WHEN h.return_year > w.return_year THEN 'SAME'
		WHEN (h.rne, h.ls, h.cin, h.place, h.place_provider, h.dec, h.rec, h.reason_place_change, h.home_outward,
			h.place_outward, h.urn) IS DISTINCT FROM (w.rne, w.ls, w.cin, w.place, w.place_provider, w.dec, w.rec,
			w.reason_place_change, w.home_outward, w.place_outward, w.urn) THEN 'CHANGED'
		WHEN h.return_year < w.return_year THEN 'LATER'
		ELSE 'SAME' END AS what
	FROM verdict v JOIN picked w ON v.outcome = 'OK' JOIN person p ON p.key = w.child
	LEFT JOIN held h ON h.child = p.id AND h.decom = w.decom
), known AS MATERIALIZED (
	SELECT p.id, p.key, p.is_new, o.version, coalesce(CASE WHEN later.wins THEN p.sex END, o.sex, 'U') AS sex,
		coalesce(CASE WHEN later.wins THEN p.born END, o.date_of_birth) AS born,
		p.unaccompanied OR coalesce(o.unaccompanied, false) AS unaccompanied,
		greatest(p.return_year, o.return_year) AS return_year, o.return_year AS held_year, p.is_new OR (later.wins
			AND (coalesce(p.sex, o.sex) <> o.sex OR coalesce(p.born, o.date_of_birth) IS DISTINCT FROM o.date_of_birth))
			OR (p.unaccompanied AND NOT o.unaccompanied) AS differs
	FROM verdict v JOIN person p ON v.outcome = 'OK' LEFT JOIN old o ON o.id = p.id
	CROSS JOIN LATERAL (SELECT p.is_new OR coalesce(p.return_year >= o.return_year, p.return_year IS NOT NULL) AS wins) later
), touched AS MATERIALIZED (
	SELECT k.id, k.key, k.is_new, k.sex, k.born, k.unaccompanied, coalesce(k.version + 1, 1) AS version, k.differs
	FROM known k
	WHERE k.differs OR EXISTS (SELECT 1 FROM judged j WHERE j.child = k.id AND j.what IN ('NEW', 'CHANGED'))
), new_child AS (
	INSERT INTO child (authority, id, sex, date_of_birth, unaccompanied, return_year, recorded_on, recorded, updated,
		updated_by)
	SELECT :authority::text, k.id, k.sex, k.born, k.unaccompanied, k.return_year, :today::date, :now::timestamptz,
		:now::timestamptz, :actor::text
	FROM known k WHERE k.is_new
), named AS (
	INSERT INTO external_id (authority, kind, system, id, resource)
	SELECT :authority::text, 'child', coalesce(:system::text, 'ssda903'), k.key, k.id FROM known k WHERE k.is_new
), old_child AS (
	INSERT INTO child (authority, id, sex, date_of_birth, unaccompanied, return_year, recorded_on, recorded, updated,
		updated_by, version)
	SELECT :authority::text, k.id, k.sex, k.born, k.unaccompanied, k.return_year, :today::date, :now::timestamptz,
		:now::timestamptz, :actor::text, coalesce(t.version, k.version)
	FROM known k LEFT JOIN touched t ON t.id = k.id
	WHERE NOT k.is_new AND k.version IS NOT NULL AND (t.id IS NOT NULL OR k.return_year IS DISTINCT FROM k.held_year)
	ON CONFLICT (authority, id) DO UPDATE SET sex = excluded.sex, date_of_birth = excluded.date_of_birth,
		unaccompanied = excluded.unaccompanied, return_year = excluded.return_year, version = excluded.version,
		updated = excluded.updated, updated_by = excluded.updated_by
), child_before AS (
	INSERT INTO child_revision (authority, child, version, sex, date_of_birth, unaccompanied, revised, revised_by, why)
	SELECT :authority::text, o.id, o.version, o.sex, o.date_of_birth, o.unaccompanied, :now::timestamptz, :actor::text,
		'LATER_RETURN'
	FROM touched t JOIN old o ON o.id = t.id WHERE t.differs
), new_episode AS (
	INSERT INTO episode (authority, child, decom, rne, ls, cin, place, place_provider, dec, rec, reason_place_change,
		home_outward, place_outward, urn, return_year, source, recorded, recorded_by)
	SELECT :authority::text, j.child, j.decom, j.rne, j.ls, j.cin, j.place, j.place_provider, j.dec, j.rec,
		j.reason_place_change, j.home_outward, j.place_outward, j.urn, j.return_year, 'IMPORT', :now::timestamptz,
		:actor::text
	FROM judged j WHERE j.what = 'NEW'
), episode_before AS (
	INSERT INTO episode_revision (authority, child, decom, rne, ls, cin, place, place_provider, dec, rec,
		reason_place_change, home_outward, place_outward, urn, return_year, source, placement, recorded, recorded_by,
		revised, revised_by, why)
	SELECT h.authority, h.child, h.decom, h.rne, h.ls, h.cin, h.place, h.place_provider, h.dec, h.rec,
		h.reason_place_change, h.home_outward, h.place_outward, h.urn, h.return_year, h.source, h.placement, h.recorded,
		h.recorded_by, :now::timestamptz, :actor::text, 'LATER_RETURN'
	FROM held h JOIN judged j ON j.child = h.child AND j.decom = h.decom WHERE j.what = 'CHANGED'
), old_episode AS (
	INSERT INTO episode (authority, child, decom, rne, ls, cin, place, place_provider, dec, rec, reason_place_change,
		home_outward, place_outward, urn, return_year, source, recorded, recorded_by)
	SELECT :authority::text, j.child, j.decom, j.rne, j.ls, j.cin, j.place, j.place_provider, j.dec, j.rec,
		j.reason_place_change, j.home_outward, j.place_outward, j.urn, j.return_year, 'IMPORT', :now::timestamptz,
		:actor::text
	FROM judged j WHERE j.what IN ('CHANGED', 'LATER')
	ON CONFLICT (authority, child, decom) DO UPDATE SET rne = excluded.rne, ls = excluded.ls, cin = excluded.cin,
		place = excluded.place, place_provider = excluded.place_provider, dec = excluded.dec, rec = excluded.rec,
		reason_place_change = excluded.reason_place_change, home_outward = excluded.home_outward,
		place_outward = excluded.place_outward, urn = excluded.urn, return_year = excluded.return_year,
		recorded = excluded.recorded, recorded_by = excluded.recorded_by
), short AS (
	SELECT c.code FROM code c WHERE c.set = 'LS' AND c.short_breaks
), plain AS MATERIALIZED (
	SELECT t.id, l.periods, l.episodes
	FROM unnest(:life_child::text[], :life_periods::text[], :life_episodes::integer[]) AS l (child, periods, episodes)
	JOIN touched t ON t.key = l.child AND t.is_new
	WHERE l.child NOT IN (SELECT g.child FROM given g WHERE g.ls IN (SELECT s.code FROM short s))
), spell AS (
	SELECT q.child, q.decom, coalesce(q.ls, '') IN (SELECT s.code FROM short s) AS short_breaks, q.goes_on,
		coalesce(q.dec, 'infinity') AS until, nullif(q.rec, 'X1') AS rec
	FROM (
		SELECT j.child, j.decom, j.ls, j.dec, j.rec, false AS goes_on FROM judged j WHERE j.what IN ('NEW', 'CHANGED')
		UNION ALL
		SELECT h.child, h.decom, h.ls, h.dec, h.rec, h.source = 'LIVE' AND coalesce(h.rec, '') = 'X1'
		FROM held h LEFT JOIN judged j ON j.child = h.child AND j.decom = h.decom AND j.what = 'CHANGED'
		WHERE j.child IS NULL
	) q WHERE q.child IN (SELECT t.id FROM touched t) AND q.child NOT IN (SELECT p.id FROM plain p)
), reach AS (
	SELECT s.child, s.decom, s.short_breaks, s.rec, CASE WHEN s.goes_on
		THEN greatest(s.until, coalesce(lead(s.decom) OVER w, 'infinity')) ELSE s.until END AS until
	FROM spell s WINDOW w AS (PARTITION BY s.child, s.short_breaks ORDER BY s.decom)
), gap AS (
	SELECT r.child, r.decom, r.short_breaks, r.rec, r.until,
		coalesce(max(r.until) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) < r.decom, true) AS starts
	FROM reach r WINDOW w AS (PARTITION BY r.child, r.short_breaks ORDER BY r.decom)
), island AS (
	SELECT g.child, g.decom, g.short_breaks, g.rec, g.until, count(*) FILTER (WHERE g.starts) OVER w AS number
	FROM gap g WINDOW w AS (PARTITION BY g.child, g.short_breaks ORDER BY g.decom)
), period AS (
	SELECT i.child, i.short_breaks, min(i.decom) AS start, nullif(max(i.until), 'infinity') AS until, count(*) AS episodes,
		(array_agg(i.rec ORDER BY i.until DESC, i.decom DESC))[1] AS end_code
	FROM island i GROUP BY i.child, i.short_breaks, i.number
), history AS (
	SELECT p.child, sum(p.episodes) AS episodes, jsonb_agg(jsonb_strip_nulls(jsonb_build_object('start', p.start,
		'end', p.until, 'shortBreaks', p.short_breaks, 'endCode', CASE WHEN p.until IS NOT NULL THEN p.end_code END)) ORDER BY p.start, p.short_breaks) AS periods
	FROM period p GROUP BY p.child
), told AS (
	INSERT INTO outbox (type, aggregatetype, aggregateid, version, partition_key, authority, time, traceparent,
		historical, payload, personal)
	SELECT 'hearth.child.history_recorded.v1', 'child', t.id::text, t.version, t.id::text, :authority::text,
		:now::timestamptz, :traceparent::text, true, jsonb_build_object('childId', t.id, 'sex', t.sex,
		'unaccompanied', t.unaccompanied, 'carePeriods', coalesce(p.periods::jsonb, h.periods, '[]'),
		'episodes', coalesce(p.episodes, h.episodes, 0)),
		CASE WHEN t.born IS NOT NULL THEN jsonb_build_object('dateOfBirth', jsonb_build_object('value', t.born)) END
	FROM touched t LEFT JOIN plain p ON p.id = t.id LEFT JOIN history h ON h.child = t.id
), total AS (
	INSERT INTO import_result (authority, id, new_children, changed_children, unchanged_children, new_episodes,
		changed_episodes, unchanged_episodes, kept_episodes, imported, imported_by)
	SELECT :authority::text, :new_id::uuid, k.fresh, k.changed, k.everyone - k.fresh - k.changed, j.fresh, j.changed,
		(SELECT count(*) FROM given) - j.fresh - j.changed - j.kept, j.kept, :now::timestamptz, :actor::text
	FROM verdict v CROSS JOIN (SELECT count(*) FILTER (WHERE j.what = 'NEW') AS fresh, count(*) FILTER
		(WHERE j.what = 'CHANGED') AS changed, count(*) FILTER (WHERE j.what = 'KEPT') AS kept FROM judged j) j
	CROSS JOIN (SELECT count(*) FILTER (WHERE k.is_new) AS fresh, count(*) FILTER (WHERE k.differs AND NOT k.is_new)
		AS changed, count(*) AS everyone FROM known k) k
	WHERE v.outcome = 'OK'
	RETURNING id, new_children, changed_children, unchanged_children, new_episodes, changed_episodes,
		unchanged_episodes, kept_episodes
), done AS (
	INSERT INTO request (authority, caller, id, method, payload_hash, result_key, created)
	SELECT :authority::text, :actor::text, :request_id::uuid, :method::text, :payload_hash::text, t.id::text,
		:now::timestamptz FROM total t
)
SELECT v.outcome, CASE WHEN v.outcome = 'UNKNOWN_CODE'
		THEN (SELECT concat(s.code, ' is not in ', s.set, ' of return year ', s.return_year) FROM strange s) END AS detail,
	coalesce((SELECT s.result_key FROM seen s), t.id::text) AS result_key, t.new_children, t.changed_children,
	t.unchanged_children, t.new_episodes, t.changed_episodes, t.unchanged_episodes, t.kept_episodes
FROM verdict v LEFT JOIN total t ON true
