-- The version of the weights that a repeated request made.
SELECT concat(w.authority, '/', w.version) AS version, concat(w.authority, '/', w.version) AS etag,
	jsonb_agg(jsonb_build_object('code', w.code, 'value', w.value, 'rationale', w.rationale) ORDER BY w.code) AS weights,
	max(w.recorded) AS recorded
FROM match_weight w
WHERE w.authority = :authority::text AND w.version = split_part(:result_key::text, '/', 2)::bigint
GROUP BY w.authority, w.version
