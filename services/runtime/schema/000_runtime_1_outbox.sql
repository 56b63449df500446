-- The outbox in partitions by seq, personal fields in a column of their own, what has been trimmed, who hears.
--
-- The rows that there are become the first partition as they are: the same seq, id and order. The login role makes and
-- drops nothing itself: it calls outbox_keep and outbox_drop, which run as the owner and decide by what they find.

-- Fields of a type that identifies a person: read by the pull of services alone. A publication leaves the column out.
ALTER TABLE outbox ADD COLUMN personal jsonb;
ALTER TABLE outbox RENAME TO outbox_1;
ALTER TABLE outbox_1 RENAME CONSTRAINT outbox_pkey TO outbox_1_pkey;

-- Every partition that there is or was. Seqs from first_seq to below `below_seq` go into it.
CREATE TABLE outbox_part (
	number    bigint PRIMARY KEY,
	first_seq bigint NOT NULL,
	below_seq bigint NOT NULL CHECK (below_seq > first_seq),
	closed    timestamptz,                  -- since then nothing comes into it
	last_seq  bigint,                       -- its newest event, when it was archived or dropped
	events    bigint,
	archived  timestamptz,
	file      text,                         -- of the archive, without its directory
	hash      text,                         -- of that file
	dropped   timestamptz
);

-- Events up to this seq have been trimmed.
CREATE TABLE outbox_trimmed (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	through  bigint NOT NULL
);
INSERT INTO outbox_trimmed (through) VALUES (0);

-- Who pulls from here, how far it has applied what it pulled, and when it was last heard.
CREATE TABLE consumer_seen (
	consumer text PRIMARY KEY,
	epoch    text NOT NULL,
	applied  bigint NOT NULL,
	seen     timestamptz NOT NULL
);

DO $$
DECLARE
	last bigint;
	called boolean;
	below bigint;
	login text := 'hearth_' || current_schema();
BEGIN
	EXECUTE 'SELECT last_value, is_called FROM ' || pg_get_serial_sequence('outbox_1', 'seq') INTO last, called;
	ALTER TABLE outbox_1 ALTER COLUMN seq DROP IDENTITY;
	CREATE TABLE outbox (
		seq           bigint GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME outbox_seq) PRIMARY KEY,
		id            uuid NOT NULL DEFAULT gen_random_uuid(),
		type          text NOT NULL,
		aggregatetype text NOT NULL,
		aggregateid   text NOT NULL,
		version       bigint NOT NULL,
		partition_key text NOT NULL,
		authority     text NOT NULL DEFAULT '',
		time          timestamptz NOT NULL,
		traceparent   text NOT NULL DEFAULT '',
		historical    boolean NOT NULL DEFAULT false,
		payload       jsonb NOT NULL,
		personal      jsonb
	) PARTITION BY RANGE (seq);
	PERFORM setval('outbox_seq', last, called);
	below := (last / 1000000 + 1) * 1000000;
	EXECUTE format('ALTER TABLE outbox ATTACH PARTITION outbox_1 FOR VALUES FROM (MINVALUE) TO (%s)', below);
	INSERT INTO outbox_part (number, first_seq, below_seq) VALUES (1, 0, below);
	CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;
	EXECUTE format('REVOKE ALL ON outbox_1, outbox_default FROM %I', login);
	EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON outbox_part, outbox_trimmed FROM %I', login);
END $$;

-- The partition that the next event goes into; no row when that is the default one.
CREATE VIEW outbox_present AS
SELECT p.number, p.first_seq, p.below_seq FROM outbox_part p, outbox_seq s
WHERE p.closed IS NULL AND p.first_seq <= s.last_value + 1 AND p.below_seq > s.last_value + 1;

-- A new empty table, built apart and then attached: that locks out nobody but readers of the default partition.
CREATE FUNCTION outbox_make(p_first bigint, p_below bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
BEGIN
	SELECT max(p.number) + 1 INTO n FROM outbox_part p;
	EXECUTE format('CREATE TABLE outbox_%s (LIKE outbox INCLUDING DEFAULTS INCLUDING INDEXES)', n);
	EXECUTE format('REVOKE ALL ON outbox_%s FROM %I', n, 'hearth_' || current_schema());
	EXECUTE format('ALTER TABLE outbox ATTACH PARTITION outbox_%s FOR VALUES FROM (%s) TO (%s)', n, p_first, p_below);
	INSERT INTO outbox_part (number, first_seq, below_seq) VALUES (n, p_first, p_below);
END $$;

-- The default partition, which holds rows because nobody made partitions in time, becomes the partition of their range,
-- and an empty one takes its place. No row is moved.
CREATE FUNCTION outbox_fold(p_size bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	n bigint;
	top bigint;
	below bigint;
BEGIN
	SELECT max(p.number) + 1, max(p.below_seq) INTO n, top FROM outbox_part p;
	SELECT (max(o.seq) / p_size + 1) * p_size INTO below FROM outbox_default o;
	ALTER TABLE outbox DETACH PARTITION outbox_default;
	EXECUTE format('ALTER TABLE outbox_default RENAME TO outbox_%s', n);
	EXECUTE format('ALTER INDEX outbox_default_pkey RENAME TO outbox_%s_pkey', n);
	EXECUTE format('ALTER TABLE outbox ATTACH PARTITION outbox_%s FOR VALUES FROM (%s) TO (%s)', n, top, below);
	CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;
	EXECUTE format('REVOKE ALL ON outbox_default FROM %I', 'hearth_' || current_schema());
	INSERT INTO outbox_part (number, first_seq, below_seq) VALUES (n, top, below);
END $$;

-- Makes partitions ahead and closes those that are done with: full, or begun before p_close_before, in which case the
-- seqs that are left are passed over (gaps mean nothing). Under the writer lock: nobody is writing.
CREATE FUNCTION outbox_keep(p_size bigint, p_ahead int, p_close_before timestamptz, p_now timestamptz)
RETURNS TABLE (made int, folded boolean, closed int) LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '100ms' AS $$
DECLARE
	present record;
	top bigint;
	below bigint;
BEGIN
	made := 0;
	closed := 0;
	folded := EXISTS (SELECT FROM outbox_default);
	IF folded THEN
		PERFORM outbox_fold(p_size);
	END IF;
	SELECT v.number, v.first_seq, v.below_seq INTO present FROM outbox_present v;
	SELECT max(p.below_seq) INTO top FROM outbox_part p;
	WHILE (SELECT count(1) FROM outbox_part p, outbox_seq s WHERE p.first_seq > s.last_value + 1) < p_ahead LOOP
		SELECT (greatest(top, s.last_value + 1) / p_size + 1) * p_size INTO below FROM outbox_seq s;
		PERFORM outbox_make(top, below);
		top := below;
		made := made + 1;
	END LOOP;
	IF (SELECT o.time FROM outbox o WHERE o.seq >= present.first_seq AND o.seq < present.below_seq ORDER BY o.seq LIMIT 1)
			< p_close_before THEN
		PERFORM setval('outbox_seq', present.below_seq - 1);
	END IF;
	UPDATE outbox_part p SET closed = p_now
	WHERE p.closed IS NULL AND p.below_seq <= (SELECT s.last_value + s.is_called::int FROM outbox_seq s);
	GET DIAGNOSTICS closed = ROW_COUNT;
	RETURN NEXT;
END $$;

-- The oldest partition, when it may be dropped but for its archive: closed, its newest event older than p_before, and
-- applied by every consumer that has been heard since p_before.
CREATE FUNCTION outbox_oldest(p_before timestamptz)
RETURNS TABLE (number bigint, last_seq bigint, events_after bigint, archived timestamptz) LANGUAGE plpgsql STABLE AS $$
DECLARE
	part outbox_part;
	newest timestamptz;
BEGIN
	SELECT p.number, p.first_seq, p.below_seq, p.closed, p.archived
	INTO part.number, part.first_seq, part.below_seq, part.closed, part.archived
	FROM outbox_part p WHERE p.dropped IS NULL ORDER BY p.first_seq LIMIT 1;
	IF part.closed IS NULL THEN
		RETURN;
	END IF;
	SELECT o.seq, o.time INTO last_seq, newest FROM outbox o
	WHERE o.seq >= part.first_seq AND o.seq < part.below_seq ORDER BY o.seq DESC LIMIT 1;
	IF coalesce(newest, part.closed) >= p_before
			OR EXISTS (SELECT FROM consumer_seen c WHERE c.applied < outbox_oldest.last_seq AND c.seen >= p_before) THEN
		RETURN;
	END IF;
	number := part.number;
	events_after := part.first_seq - 1;
	archived := part.archived;
	RETURN NEXT;
END $$;

-- Drops that partition, when it is the one and, if p_archived, in the archive. Under the writer lock.
CREATE FUNCTION outbox_drop(p_number bigint, p_before timestamptz, p_archived boolean, p_now timestamptz)
RETURNS TABLE (through bigint, events bigint) LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '100ms' AS $$
DECLARE
	oldest record;
BEGIN
	SELECT o.number, o.last_seq, o.archived INTO oldest FROM outbox_oldest(p_before) o
	WHERE o.number = p_number AND (o.archived IS NOT NULL OR NOT p_archived);
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

-- What a partition's archive is: told once, by the service that has written it.
CREATE FUNCTION outbox_archived(p_number bigint, p_last_seq bigint, p_events bigint, p_file text, p_hash text,
	p_now timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
	UPDATE outbox_part p SET archived = p_now, last_seq = p_last_seq, events = p_events, file = p_file, hash = p_hash
	WHERE p.number = p_number AND p.closed IS NOT NULL AND p.archived IS NULL AND p.dropped IS NULL;
	RETURN FOUND;
END $$;

DO $$
DECLARE
	name text;
BEGIN
	FOREACH name IN ARRAY ARRAY['outbox_make(bigint, bigint)', 'outbox_fold(bigint)',
		'outbox_keep(bigint, int, timestamptz, timestamptz)', 'outbox_oldest(timestamptz)',
		'outbox_drop(bigint, timestamptz, boolean, timestamptz)',
		'outbox_archived(bigint, bigint, bigint, text, text, timestamptz)'] LOOP
		EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', name, current_schema());
	END LOOP;
	EXECUTE format('REVOKE EXECUTE ON FUNCTION outbox_make(bigint, bigint), outbox_fold(bigint) FROM %I',
		'hearth_' || current_schema());
END $$;
