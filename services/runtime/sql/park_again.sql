-- A parked event was tried again and failed again.
-- scope: internal
SELECT parked_again(:source::text, :holder::uuid, :place::bigint, :code::text, :reason::text, :sqlstate::text,
	:now::timestamptz)
