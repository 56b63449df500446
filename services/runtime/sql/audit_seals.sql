-- A page of the audit's seals, oldest first.
-- scope: internal
SELECT s.no, s.after, s.last, s.entries, s.sealed, s.epoch, encode(s.digest, 'hex') AS digest,
	encode(s.previous, 'hex') AS previous, encode(s.hash, 'hex') AS hash, s.trimmed, s.no::text AS page_key
FROM audit_seal s WHERE s.no > coalesce(:page_after::bigint, 0)
ORDER BY s.no LIMIT :page_limit::integer
