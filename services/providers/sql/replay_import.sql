-- The totals of a repeated import, as they were.
-- scope: supply
SELECT split_part(:result_key::text, '/', 1)::integer AS providers_created,
	split_part(:result_key::text, '/', 2)::integer AS providers_changed,
	split_part(:result_key::text, '/', 3)::integer AS providers_unchanged,
	split_part(:result_key::text, '/', 4)::integer AS homes_created,
	split_part(:result_key::text, '/', 5)::integer AS homes_changed,
	split_part(:result_key::text, '/', 6)::integer AS homes_unchanged
