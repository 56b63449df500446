-- Cost types in force on a day.
-- scope: supply
SELECT t.code, t.label, t.is_fee, t.source, NOT t.verified AS unverified FROM cost_type t
WHERE t.valid_from <= coalesce(:date::date, :today::date)
	AND (t.valid_to IS NULL OR t.valid_to >= coalesce(:date::date, :today::date))
ORDER BY t.code
