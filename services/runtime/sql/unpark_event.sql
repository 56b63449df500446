-- A parked event leaves with its effect, or for good.
-- scope: internal
SELECT parked_leave(:source::text, :holder::uuid, :place::bigint, :what::text, :now::timestamptz)
