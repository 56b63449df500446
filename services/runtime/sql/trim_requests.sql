-- Trims a batch of request ids: nobody repeats a request that late. Rows that another process is trimming are left to it.
-- scope: internal
DELETE FROM request r WHERE r.ctid = ANY (ARRAY(
	SELECT o.ctid FROM request o WHERE o.created < :before::timestamptz ORDER BY o.created LIMIT 500 FOR UPDATE SKIP LOCKED
)) AND r.created < :before::timestamptz
RETURNING 1 AS trimmed
