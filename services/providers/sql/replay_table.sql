-- What a repeated import of a table did, as it was.
-- scope: supply
SELECT split_part(:result_key::text, '/', 1)::bigint AS rows_new,
	split_part(:result_key::text, '/', 2)::bigint AS rows_changed,
	split_part(:result_key::text, '/', 3)::bigint AS rows_unchanged,
	split_part(:result_key::text, '/', 4)::bigint AS rows_removed,
	split_part(:result_key::text, '/', 5)::bigint AS rows_kept
