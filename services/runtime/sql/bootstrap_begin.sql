-- Begins to load a source's present state, from its first page.
-- scope: internal
SELECT bootstrap_begin(:source::text, :holder::uuid, :epoch::uuid, :seq::bigint, :now::timestamptz)
