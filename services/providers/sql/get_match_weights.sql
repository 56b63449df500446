-- A set of weights: the council's own now, or the suite's own while it has none; or the version that is named.
WITH wanted AS (
	SELECT w.authority, w.version FROM match_weight w
	WHERE w.authority IN (:authority::text, '') AND w.version >= 1
		AND (:of_version::bigint IS NULL OR (w.authority = :of_authority::text AND w.version = :of_version::bigint))
	ORDER BY w.authority DESC, w.version DESC LIMIT 1
)
SELECT concat(coalesce(nullif(d.authority, ''), 'default'), '/', d.version) AS version,
	concat(coalesce(nullif(d.authority, ''), 'default'), '/', d.version) AS etag,
	jsonb_agg(jsonb_build_object('code', w.code, 'value', w.value, 'rationale', w.rationale) ORDER BY w.code) AS weights,
	max(w.recorded) AS recorded
FROM wanted d JOIN match_weight w ON w.authority = d.authority AND w.version = d.version
GROUP BY d.authority, d.version
