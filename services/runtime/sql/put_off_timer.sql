-- A timer that failed is tried again in a minute, so that it does not stand in front of others.
-- scope: internal
UPDATE timer SET due = :now::timestamptz + interval '1 minute' WHERE id = :timer_id::uuid RETURNING id
