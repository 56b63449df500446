-- Guards that nothing the login role says, inserts or names can open. Before this, a temporary table of the name of one
-- of ours, or an entry or a seal with a date of its choice, let it remove entries of the audit; and a false parameter an
-- event that the archive did not have.

-- When a seal was made, by the database's clock: not domain time, and nothing that a caller gives. Of the seals that there
-- are, nobody but the login role said when: they count from today.
ALTER TABLE audit_seal ADD COLUMN made timestamptz NOT NULL DEFAULT database_clock();

-- Seals the next entries, as before, but as the owner: no seal is what the login role says it is.
CREATE OR REPLACE FUNCTION audit_seal(p_most integer, p_now timestamptz) RETURNS TABLE (no bigint, entries integer)
LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '100ms' AS $$
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

-- Removes the entries of whole seals that are older than p_before, oldest first, at most p_most seals; none that was made,
-- by the database's clock, within audit_keep.least_days, nor one behind it. Its entries were there when it was made. The
-- seals stay and say what went, and an entry says so too. The login role has no right to delete; this is the one way.
CREATE OR REPLACE FUNCTION audit_trim(p_before timestamptz, p_most integer, p_now timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
	least timestamptz := database_clock() - make_interval(days => (SELECT k.least_days FROM audit_keep k));
	top record;
	removed bigint;
BEGIN
	IF NOT pg_try_advisory_xact_lock('audit_seal'::regclass::oid::integer, 1) THEN
		RETURN 0;
	END IF;
	SELECT max(o.no) AS no, max(o.last) AS last INTO top FROM (
		SELECT s.no, s.last, coalesce(bool_and(s.sealed < p_before AND s.made < least) OVER (ORDER BY s.no), false) AS old
		FROM (SELECT t.no, t.last, t.sealed, t.made FROM audit_seal t WHERE t.trimmed IS NULL ORDER BY t.no LIMIT p_most) s
	) o WHERE o.old;
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

-- Whether this schema's events go only when they are in the archive: the owner's to say. Services that need it say so in a
-- migration of their own; a process may ask for more than this (it has an archive), never for less.
CREATE TABLE outbox_rule (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	archived boolean NOT NULL
);
INSERT INTO outbox_rule (archived) VALUES (false);

-- Drops the oldest partition, when it is the one and, if p_archived or the owner says so, in the archive. Under the writer
-- lock.
CREATE OR REPLACE FUNCTION outbox_drop(p_number bigint, p_before timestamptz, p_archived boolean, p_now timestamptz)
RETURNS TABLE (through bigint, events bigint) LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '100ms' AS $$
DECLARE
	oldest record;
BEGIN
	SELECT o.number, o.last_seq INTO oldest FROM outbox_oldest(p_before) o
	WHERE o.number = p_number AND p_before IS NOT NULL
		AND (o.archived IS NOT NULL OR NOT (coalesce(p_archived, true) OR (SELECT r.archived FROM outbox_rule r)));
	IF NOT FOUND THEN
		RETURN;
	END IF;
	EXECUTE format('SELECT count(1) FROM outbox_%s', p_number) INTO events;
	EXECUTE format('DROP TABLE outbox_%s', p_number);
	UPDATE outbox_part p SET dropped = p_now, last_seq = oldest.last_seq, events = outbox_drop.events
	WHERE p.number = p_number;
	UPDATE outbox_trimmed t SET through = greatest(t.through, oldest.last_seq);
	DELETE FROM consumer_seen c WHERE c.seen < p_before - (p_now - p_before);
	through := oldest.last_seq;
	RETURN NEXT;
END $$;

-- What a partition's archive is: told once, by the service that has written it, whose word for it is all there is; but as
-- many events as the partition has, up to its last, under a name that no other has. False: told before.
CREATE OR REPLACE FUNCTION outbox_archived(p_number bigint, p_last_seq bigint, p_events bigint, p_file text, p_hash text,
	p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
	part record;
	there record;
BEGIN
	SELECT p.first_seq, p.below_seq INTO part FROM outbox_part p
	WHERE p.number = p_number AND p.closed IS NOT NULL AND p.archived IS NULL AND p.dropped IS NULL;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	SELECT count(1) AS events, max(o.seq) AS last INTO there FROM outbox o
	WHERE o.seq >= part.first_seq AND o.seq < part.below_seq;
	IF (p_events = there.events AND p_last_seq = coalesce(there.last, p_last_seq) AND p_file <> ''
			AND p_hash ~ '^[0-9a-f]{64}$' AND NOT EXISTS (SELECT FROM outbox_part p WHERE p.file = p_file)) IS NOT TRUE THEN
		RAISE EXCEPTION 'no archive of partition %, of % events up to %: % events up to %', p_number, there.events, there.last,
			p_events, p_last_seq USING ERRCODE = 'check_violation';
	END IF;
	UPDATE outbox_part p SET archived = p_now, last_seq = p_last_seq, events = p_events, file = p_file, hash = p_hash
	WHERE p.number = p_number AND p.archived IS NULL;
	RETURN FOUND;
END $$;

-- Whether a consumer's name was proved by the key of the service of that name.
ALTER TABLE consumer_seen ADD COLUMN proven boolean NOT NULL DEFAULT false;

-- Remembers how far consumers have applied this service's events; the latest word counts. At most 64 of them, also when
-- several processes say so at once: a new one whose name its key proves takes the place of the longest silent of the others.
CREATE FUNCTION consumers_see(p_consumers text[], p_epochs text[], p_applied bigint[], p_seen timestamptz[],
	p_proven boolean[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock('consumer_seen'::regclass::oid::integer, 1);
	-- A statement of its own: its snapshot is younger than the lock.
	RETURN QUERY
	WITH told AS MATERIALIZED (
		SELECT n.consumer, n.epoch, n.applied, n.seen, n.proven
		FROM unnest(p_consumers, p_epochs, p_applied, p_seen, p_proven)
			AS n(consumer, epoch, applied, seen, proven)
	), fresh AS MATERIALIZED (
		SELECT t.consumer, t.proven, row_number() OVER (ORDER BY t.proven DESC, t.consumer) AS place
		FROM told t WHERE NOT EXISTS (SELECT 1 FROM consumer_seen k WHERE k.consumer = t.consumer)
	), free AS MATERIALIZED (
		SELECT 64 - count(1) AS places FROM consumer_seen
	), gone AS (
		DELETE FROM consumer_seen g WHERE g.consumer IN (
			SELECT o.consumer FROM consumer_seen o
			WHERE NOT o.proven AND NOT EXISTS (SELECT 1 FROM told t WHERE t.consumer = o.consumer)
			ORDER BY o.seen, o.consumer
			LIMIT greatest((SELECT count(1) FROM fresh f WHERE f.proven) - (SELECT f.places FROM free f), 0))
		RETURNING g.consumer
	)
	INSERT INTO consumer_seen AS c (consumer, epoch, applied, seen, proven)
	SELECT t.consumer, t.epoch, t.applied, t.seen, t.proven
	FROM told t LEFT JOIN fresh f ON f.consumer = t.consumer
	WHERE f.consumer IS NULL OR f.place <= (SELECT r.places FROM free r) + (SELECT count(1) FROM gone)
	ORDER BY t.consumer
	ON CONFLICT (consumer) DO UPDATE SET epoch = excluded.epoch, applied = excluded.applied, seen = excluded.seen,
		proven = excluded.proven
	WHERE c.seen <= excluded.seen
	RETURNING c.consumer;
END $$;

-- Temporary tables are looked for last. Of entries the login role gives all but the id, by which they are sealed.
DO $$
DECLARE
	login text := 'hearth_' || current_schema();
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['audit_seal(integer, timestamptz)', 'audit_trim(timestamptz, integer, timestamptz)',
		'outbox_drop(bigint, timestamptz, boolean, timestamptz)',
		'outbox_archived(bigint, bigint, bigint, text, text, timestamptz)'] LOOP
		EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
	END LOOP;
	EXECUTE format('REVOKE INSERT ON audit, audit_seal FROM %I', login);
	EXECUTE format('GRANT INSERT (at, kind, authority, actor, roles, method, request_id, traceparent, subject, record, '
		'records, ids) ON audit TO %I', login);
	EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON outbox_rule FROM %I', login);
END $$;
