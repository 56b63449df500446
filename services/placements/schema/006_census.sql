-- Who is looked after on a day, from an index alone: the episodes that had not ended by then, so that a recent day reads
-- those that go on and few more, however long the history grows. By expression, and the authority second, so that no
-- statement planned over empty tables takes it instead of the key.
CREATE INDEX episode_census ON episode ((coalesce(dec, 'infinity'::date)), authority, decom) INCLUDE (child, ls, dec);
