-- Is there a request id to trim?
-- scope: internal
SELECT r.created FROM request r WHERE r.created < :before::timestamptz ORDER BY r.created LIMIT 1
