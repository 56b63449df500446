-- How it is with the outbox's partitions, and whether one has to be made, closed or folded in.
-- scope: internal
SELECT s.partitions, s.ahead, s.stray, s.trimmed, s.ahead < :ahead::int OR s.stray > 0 OR s.full
	OR coalesce(s.begun < :close_before::timestamptz, false) AS due
FROM (SELECT
	(SELECT count(1) FROM outbox_part p WHERE p.dropped IS NULL) AS partitions,
	(SELECT count(1) FROM outbox_part p, outbox_seq q WHERE p.first_seq > q.last_value + 1) AS ahead,
	(SELECT count(1) FROM outbox o WHERE o.seq >= (SELECT max(p.below_seq) FROM outbox_part p)) AS stray,
	EXISTS (SELECT 1 FROM outbox_part p, outbox_seq q WHERE p.closed IS NULL AND p.below_seq <= q.last_value) AS full,
	(SELECT o.time FROM outbox o WHERE o.seq >= (SELECT v.first_seq FROM outbox_present v)
		AND o.seq < (SELECT v.below_seq FROM outbox_present v) ORDER BY o.seq LIMIT 1) AS begun,
	(SELECT t.through FROM outbox_trimmed t) AS trimmed
) s
