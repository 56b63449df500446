-- The answers that were given for a referral, newest first.
SELECT r.id, r.referral_id, r.child_id, r.revision,
	concat(coalesce(nullif(r.weights_authority, ''), 'default'), '/', r.weights_version) AS weights_version,
	r.law_day AS rules_of, r.fitting, r.left_out, r.actor, r.created,
	concat(to_char(r.created AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), ' ', r.id) AS page_key
FROM match_run r
WHERE r.authority = :authority::text AND r.referral_id = :referral_id::uuid
	AND (:page_after::text IS NULL OR (r.created, r.id)
		< (split_part(:page_after::text, ' ', 1)::timestamptz, split_part(:page_after::text, ' ', 2)::uuid))
ORDER BY r.created DESC, r.id DESC LIMIT :page_limit::integer
