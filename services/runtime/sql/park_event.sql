-- An event that could not be applied, or that waits behind one.
-- scope: internal
INSERT INTO parked (source, seq, event_id, type, subject, authority, key, event, failed, tries, code, reason, sqlstate,
	parked_at)
VALUES (:source::text, :seq::bigint, :id::uuid, :type::text, :subject::text, :event_authority::text, :key::text,
	:event::bytea, :failed::boolean, :tries::integer, :code::text, :reason::text, :sqlstate::text, :now::timestamptz)
