-- Seals the next entries of the audit.
-- scope: internal
SELECT s.no, s.entries FROM audit_seal(:most::integer, :now::timestamptz) AS s(no, entries)
