-- Compare-and-set of a cursor; raises HC001 when somebody else has moved it.
-- scope: internal
SELECT cursor_move(:source::text, :epoch::uuid, :from_seq::bigint, :to_seq::bigint)
