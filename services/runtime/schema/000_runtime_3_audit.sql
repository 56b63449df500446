-- Who wrote and who read which record: entries that can only be added, and the seals that chain them.

-- One entry a write that had an effect, one a read of a child's record. Ids of records alone: nothing personal.
CREATE TABLE audit (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at          timestamptz NOT NULL,
	kind        text NOT NULL,             -- WRITE, READ, TRIM
	authority   text NOT NULL,
	actor       text NOT NULL,
	roles       integer NOT NULL,          -- bits of hearth.v1.Role
	method      text NOT NULL,
	request_id  uuid,                      -- of a write, also of one that was made before and only read again
	traceparent text NOT NULL,
	subject     text NOT NULL,             -- the child where the call tells it, else the record; '' for several
	record      text NOT NULL,             -- the record's own id; of TRIM the last seal whose entries went
	records     integer NOT NULL,          -- how many were read
	ids         text[]                     -- of several
);
CREATE INDEX audit_subject ON audit (subject);
CREATE INDEX audit_ids ON audit USING gin (ids) WHERE ids IS NOT NULL;

-- A seal covers the entries after `after` up to `last`. hash is over the fields and the previous seal's hash, digest over
-- marks, marks hold each entry's id and the first half of its SHA-256: they name the entry that does not fit.
CREATE TABLE audit_seal (
	no       bigint PRIMARY KEY,
	after    bigint NOT NULL,
	last     bigint NOT NULL,
	entries  integer NOT NULL,
	sealed   timestamptz NOT NULL,
	epoch    uuid NOT NULL,                -- the history it was made in: another one after a restore or a move
	digest   bytea NOT NULL,
	previous bytea NOT NULL,               -- '' of the first
	hash     bytea NOT NULL,
	marks    bytea NOT NULL,
	trimmed  timestamptz                   -- when retention removed its entries
);
ALTER TABLE audit_seal ALTER COLUMN marks SET STORAGE EXTERNAL;
CREATE INDEX audit_seal_sealed ON audit_seal (sealed);
CREATE INDEX audit_seal_there ON audit_seal (no) WHERE trimmed IS NULL;

-- Whoever adds entries holds this lock shared until the commit, and so the sealer, which takes it alone, knows that no
-- entry of a lower id is still to come. A statement's trigger fires before its rows get their ids.
CREATE FUNCTION audit_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock_shared(TG_RELID::integer, 1);
	RETURN NULL;
END $$;
CREATE TRIGGER audit_begin BEFORE INSERT ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_begin();

-- A text led by its length, so that no two entries have the same bytes; inlined where it is used.
CREATE FUNCTION audit_field(p_text text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
	SELECT coalesce(octet_length(p_text)::text || ':' || p_text, '-') || ','
$$;
CREATE FUNCTION audit_chain(p_previous bytea, p_no bigint, p_after bigint, p_last bigint, p_entries integer,
	p_sealed timestamptz, p_epoch uuid, p_digest bytea) RETURNS bytea LANGUAGE sql STABLE AS $$
	SELECT sha256(p_previous || convert_to(concat_ws('|', p_no, p_after, p_last, p_entries,
		(extract(epoch FROM p_sealed) * 1000000)::bigint, p_epoch, encode(p_digest, 'hex')), 'UTF8'))
$$;

-- Seals the next entries, oldest first; no row: nothing to seal, another seals just now, or somebody's transaction is in
-- the way for too long (who adds entries waits behind the sealer, so it does not wait: the next second will do).
CREATE FUNCTION audit_seal(p_most integer, p_now timestamptz) RETURNS TABLE (no bigint, entries integer)
LANGUAGE plpgsql SET lock_timeout = '100ms' AS $$
DECLARE
	horizon bigint;
BEGIN
	IF NOT pg_try_advisory_xact_lock('audit_seal'::regclass::oid::integer, 1) THEN
		RETURN;
	END IF;
	BEGIN
		PERFORM pg_advisory_xact_lock('audit'::regclass::oid::integer, 1);
		-- A statement of its own: its snapshot is younger than the lock.
		horizon := (SELECT max(a.id) FROM audit a);
		-- The block's end in an error gives the lock back now, before the hashing; what was learnt stays.
		RAISE EXCEPTION USING ERRCODE = 'HC002';
	EXCEPTION
		WHEN lock_not_available THEN
			RETURN;
		WHEN SQLSTATE 'HC002' THEN
			NULL;
	END;
	RETURN QUERY
	WITH base AS MATERIALIZED (
		SELECT coalesce(max(s.no), 0) AS no, coalesce(max(s.last), 0) AS last, coalesce(max(encode(s.hash, 'hex')), '') AS hash
		FROM (SELECT h.no, h.last, h.hash FROM audit_seal h ORDER BY h.no DESC LIMIT 1) s
	), chosen AS MATERIALIZED (
		SELECT a.id, int8send(a.id) || substring(sha256(convert_to(
				a.id::text || ',' || (extract(epoch FROM a.at) * 1000000)::bigint::text || ',' || audit_field(a.kind)
				|| audit_field(a.authority) || audit_field(a.actor) || a.roles::text || ',' || audit_field(a.method)
				|| audit_field(a.request_id::text) || audit_field(a.traceparent) || audit_field(a.subject)
				|| audit_field(a.record) || a.records::text || ','
				|| CASE WHEN a.ids IS NULL THEN '' ELSE
					(SELECT string_agg(audit_field(i.id), '' ORDER BY i.place) FROM unnest(a.ids) WITH ORDINALITY i(id, place)) END
				, 'UTF8')) FROM 1 FOR 16) AS mark
		FROM audit a
		WHERE a.id > (SELECT b.last FROM base b) AND a.id <= horizon
		ORDER BY a.id LIMIT p_most
	), block AS MATERIALIZED (
		SELECT max(c.id) AS last, count(1)::integer AS entries, string_agg(c.mark, ''::bytea ORDER BY c.id) AS marks FROM chosen c
	), link AS MATERIALIZED (
		SELECT b.no + 1 AS no, b.last AS after, k.last, k.entries, h.epoch, sha256(k.marks) AS digest,
			decode(b.hash, 'hex') AS previous, k.marks
		FROM base b CROSS JOIN block k CROSS JOIN history h WHERE k.entries > 0
	)
	INSERT INTO audit_seal AS made (no, after, last, entries, sealed, epoch, digest, previous, hash, marks)
	SELECT l.no, l.after, l.last, l.entries, p_now, l.epoch, l.digest, l.previous,
		audit_chain(l.previous, l.no, l.after, l.last, l.entries, p_now, l.epoch, l.digest), l.marks
	FROM link l
	RETURNING made.no, made.entries;
END $$;

-- The ids under which entries about a child stand here: its own, and those of its records. Services say more.
CREATE FUNCTION audit_subjects(p_authority text, p_subject text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
	SELECT p_subject
$$;

-- What retention may never remove, however it is set: younger entries than this, seen from the newest one.
CREATE TABLE audit_keep (
	only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	least_days integer NOT NULL CHECK (least_days >= 0)
);
INSERT INTO audit_keep (least_days) VALUES (365);

-- Removes the entries of whole seals that are older than p_before, oldest first, at most p_most seals. The seals stay and
-- say what went, and an entry says so too. The login role has no right to delete; this is the one way.
CREATE FUNCTION audit_trim(p_before timestamptz, p_most integer, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
	least timestamptz := (SELECT a.at FROM audit a ORDER BY a.id DESC LIMIT 1)
		- make_interval(days => (SELECT k.least_days FROM audit_keep k));
	top record;
	removed bigint;
BEGIN
	IF NOT pg_try_advisory_xact_lock('audit_seal'::regclass::oid::integer, 1) THEN
		RETURN 0;
	END IF;
	SELECT max(o.no) AS no, max(o.last) AS last INTO top FROM (
		SELECT s.no, s.last, s.sealed FROM audit_seal s WHERE s.trimmed IS NULL ORDER BY s.no LIMIT p_most
	) o WHERE o.sealed < p_before AND o.sealed < least;
	IF top.no IS NULL THEN
		RETURN 0;
	END IF;
	DELETE FROM audit a WHERE a.id <= top.last;
	GET DIAGNOSTICS removed = ROW_COUNT;
	UPDATE audit_seal s SET marks = '', trimmed = p_now WHERE s.no <= top.no AND s.trimmed IS NULL;
	INSERT INTO audit (at, kind, authority, actor, roles, method, traceparent, subject, record, records)
	VALUES (p_now, 'TRIM', '', 'retention', 0, 'audit_trim', '', '', top.no::text, removed);
	RETURN removed;
END $$;

-- The login role adds and reads, no more.
DO $$
BEGIN
	EXECUTE format('REVOKE ALL ON audit, audit_seal, audit_keep FROM hearth_%s', current_schema());
	EXECUTE format('GRANT SELECT, INSERT ON audit, audit_seal TO hearth_%s', current_schema());
	EXECUTE format('GRANT SELECT ON audit_keep TO hearth_%s', current_schema());
END $$;
