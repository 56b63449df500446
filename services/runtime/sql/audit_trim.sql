-- Removes the entries of the oldest seals that retention no longer keeps.
-- scope: internal
SELECT audit_trim(:before::timestamptz, :most::integer, :now::timestamptz) AS removed
