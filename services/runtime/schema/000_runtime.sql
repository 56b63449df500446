-- What every service's schema holds for the runtime: history, outbox, request ids, cursors, timers.

-- The history this schema lives in: a random epoch, bound to the place where it was made. Read the view `history`:
-- a copy of the schema (restored, moved, a database made from a template) shows another epoch by itself, so that
-- consumers stop and nothing is lost unseen, until `hearth migrate --new-history` makes its history the true one.
CREATE TABLE history_kept (
	only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
	epoch    uuid NOT NULL,
	place    text NOT NULL
);

-- Where rows of table p_table are: cluster, database, table.
CREATE FUNCTION history_place(p_table oid) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT s.system_identifier::text || '/' || d.oid::text || '/' || p_table::text
	FROM pg_control_system() s, pg_database d WHERE d.datname = current_database()
$$;
INSERT INTO history_kept (epoch, place) SELECT gen_random_uuid(), history_place('history_kept'::regclass);

CREATE VIEW history AS
SELECT CASE WHEN k.place = history_place(k.tableoid) THEN k.epoch ELSE md5(k.epoch::text || history_place(k.tableoid))::uuid END AS epoch
FROM history_kept k;

-- The three digits of a council. A domain, not a CHECK of each table: those are read from their text again at each
-- execution of a statement.
CREATE DOMAIN authority_code AS text CHECK (VALUE ~ '^[0-9]{3}$');

-- Facts told, in commit order (the writer lock makes seq commit order). The columns id, aggregatetype, aggregateid,
-- type and payload are those of the well-known outbox event router.
CREATE TABLE outbox (
	seq           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
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
	payload       jsonb NOT NULL
);

-- One row per write that had an effect, in the transaction of the effect.
CREATE TABLE request (
	authority    text NOT NULL,
	caller       text NOT NULL,
	id           uuid NOT NULL,
	method       text NOT NULL,
	payload_hash text NOT NULL,
	result_key   text NOT NULL,
	created      timestamptz NOT NULL,
	PRIMARY KEY (authority, caller, id)
);
CREATE INDEX request_created ON request (created);

-- Has this request been made? No row: it is new. SQL-language and STABLE, so that it is inlined.
CREATE FUNCTION request_seen(p_authority text, p_caller text, p_id uuid, p_method text, p_hash text)
RETURNS TABLE (outcome text, result_key text) LANGUAGE sql STABLE AS $$
	SELECT CASE WHEN r.method = p_method AND r.payload_hash = p_hash THEN 'REPLAYED' ELSE 'MISMATCH' END, r.result_key
	FROM request r WHERE r.authority = p_authority AND r.caller = p_caller AND r.id = p_id
$$;

-- How far this service has applied each source.
CREATE TABLE cursor (
	source text PRIMARY KEY,
	epoch  uuid NOT NULL,
	seq    bigint NOT NULL
);

-- Compare-and-set: raises HC001 when somebody else has moved the cursor, so that the batch is rolled back.
CREATE FUNCTION cursor_move(p_source text, p_epoch uuid, p_from bigint, p_to bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF p_from = 0 THEN
		INSERT INTO cursor (source, epoch, seq) VALUES (p_source, p_epoch, 0) ON CONFLICT DO NOTHING;
	END IF;
	UPDATE cursor SET seq = p_to WHERE source = p_source AND epoch = p_epoch AND seq = p_from;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'cursor of % is not at %', p_source, p_from USING ERRCODE = 'HC001';
	END IF;
END $$;

-- Things to do at a time. A due row is acted on and deleted (or moved on) in one statement.
CREATE TABLE timer (
	id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	kind      text NOT NULL,
	authority text NOT NULL DEFAULT '',
	subject   text NOT NULL,
	due       timestamptz NOT NULL,
	data      jsonb NOT NULL DEFAULT '{}',
	UNIQUE (kind, authority, subject)
);
CREATE INDEX timer_due ON timer (due);
