-- An exemption that a repeated request granted or ended, as it is.
SELECT e.id, e.home_id, e.version::text AS etag, e.basis, e.children::text[] AS child_ids, e.from_date, e.until_date, e.source
FROM exemption e WHERE e.id = :result_key::uuid AND e.authority = :authority::text
