-- What a consumer keeps beside its cursor: whose turn it is, events that could not be applied, and how far it is with
-- taking a source's present state.

-- Which process applies a source, and when it was last seen by the database's clock. A killed process is known at once,
-- because its session lock is gone; one that hangs keeps its session, so its beat tells. Nothing is lost with the table:
-- the cursor's compare-and-set keeps effects single whoever believes that it is its turn.
CREATE UNLOGGED TABLE consumer_turn (
	source text PRIMARY KEY,
	holder uuid NOT NULL,
	beat   timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Events in the order in which they wait, as they were pulled (personal fields too: they would be applied to this very
-- schema; nothing shows them). The first of a key failed; those behind it wait for it.
CREATE TABLE parked (
	place       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	source      text NOT NULL,
	seq         bigint NOT NULL,             -- 0: of a snapshot
	event_id    uuid NOT NULL,
	type        text NOT NULL,
	subject     text NOT NULL,
	authority   text NOT NULL,
	key         text NOT NULL,               -- authority and partition key
	event       bytea NOT NULL,              -- hearth.events.v1.Event
	failed      boolean NOT NULL,            -- false: nobody has tried it, it waits behind another
	tries       integer NOT NULL,
	code        text NOT NULL,               -- of the last failure
	reason      text NOT NULL,
	sqlstate    text NOT NULL,
	parked_at   timestamptz NOT NULL,
	ordered     text CHECK (ordered IN ('RETRY', 'SKIP')),
	ordered_by  text,
	ordered_why text,
	ordered_at  timestamptz
);
CREATE INDEX parked_key ON parked (source, key, place);
CREATE INDEX parked_ordered ON parked (source, place) WHERE ordered IS NOT NULL;

-- What became of parked events, by whose order. Never changed.
CREATE TABLE parked_decision (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	place    bigint NOT NULL,
	source   text NOT NULL,
	seq      bigint NOT NULL,
	event_id uuid NOT NULL,
	type     text NOT NULL,
	subject  text NOT NULL,
	authority text NOT NULL,
	parked_at timestamptz NOT NULL,
	tries    integer NOT NULL,
	what     text NOT NULL CHECK (what IN ('APPLIED', 'SKIPPED', 'FAILED', 'SUPERSEDED')),
	code     text NOT NULL,
	reason   text NOT NULL,
	sqlstate text NOT NULL,
	who      text NOT NULL,
	why      text NOT NULL,
	at       timestamptz NOT NULL
);
CREATE INDEX parked_decision_place ON parked_decision (place);

-- Taking a source's present state: WANTED by an operator; LOADING page by page from `after` on, for a cursor that stood
-- at `seq` before the first page; CATCHING_UP while events up to `until` may be in what was loaded already.
CREATE TABLE bootstrap (
	source  text PRIMARY KEY,
	state   text NOT NULL CHECK (state IN ('WANTED', 'LOADING', 'CATCHING_UP')),
	epoch   uuid,
	seq     bigint NOT NULL DEFAULT 0,
	after   text NOT NULL DEFAULT '',
	until   bigint NOT NULL DEFAULT 0,
	who     text NOT NULL DEFAULT '',
	asked   timestamptz
);
-- The source's position when the state of a key was read: its events up to there are in it.
CREATE TABLE bootstrap_key (
	source text NOT NULL,
	key    text NOT NULL,
	seq    bigint NOT NULL,
	PRIMARY KEY (source, key)
);

-- The login role adds to it and changes nothing.
DO $$ BEGIN
	EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON parked_decision FROM %I', 'hearth_' || current_schema());
END $$;

-- The clock of beats: one for all processes, and one that goes on when the test clock stands.
CREATE FUNCTION database_clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
	SELECT clock_timestamp() -- not domain time
$$;

-- Does the process hold its session lock (hearth_db_hold of "alive:<instance>")?
CREATE FUNCTION holder_lives(p_service text, p_holder uuid) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	lock_key bigint := hashtextextended('hearth:hold:' || p_service || ':alive:' || p_holder, 0);
BEGIN
	IF pg_try_advisory_lock_shared(lock_key) THEN
		PERFORM pg_advisory_unlock_shared(lock_key);
		RETURN false;
	END IF;
	RETURN true;
END $$;

-- The beat of a process that may apply the source, and how things stand. The turn passes when its holder's session is
-- gone or has not beaten for p_stale_ms.
CREATE FUNCTION consumer_look(p_service text, p_source text, p_holder uuid, p_may boolean, p_stale_ms integer)
RETURNS TABLE (mine boolean, seq bigint, parked bigint, ordered boolean, wanted boolean) LANGUAGE plpgsql AS $$
DECLARE
	held consumer_turn;
BEGIN
	SELECT t.source, t.holder, t.beat INTO held FROM consumer_turn t WHERE t.source = p_source FOR UPDATE;
	IF held.source IS NULL AND p_may THEN
		INSERT INTO consumer_turn (source, holder, beat) VALUES (p_source, p_holder, database_clock());
		held.holder := p_holder;
	ELSIF p_may AND (held.holder = p_holder OR held.beat < database_clock() - make_interval(secs => p_stale_ms / 1000.0)
			OR NOT holder_lives(p_service, held.holder)) THEN
		UPDATE consumer_turn t SET holder = p_holder, beat = database_clock() WHERE t.source = p_source;
		held.holder := p_holder;
	END IF;
	RETURN QUERY SELECT coalesce(p_may AND held.holder = p_holder, false),
		coalesce((SELECT c.seq FROM cursor c WHERE c.source = p_source), 0),
		(SELECT count(*) FROM parked p WHERE p.source = p_source),
		EXISTS (SELECT 1 FROM parked p WHERE p.source = p_source AND p.ordered IS NOT NULL),
		EXISTS (SELECT 1 FROM bootstrap b WHERE b.source = p_source AND b.state = 'WANTED');
END $$;

-- A parked event leaves, in the transaction of its effect: HC001 when it has left already, another stands before it, or
-- the turn is somebody else's. The next of its key is then due.
CREATE FUNCTION parked_leave(p_source text, p_holder uuid, p_place bigint, p_what text, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
	gone parked;
	next_place bigint;
BEGIN
	DELETE FROM parked p WHERE p.place = p_place AND p.source = p_source
		AND (p_what = 'SKIPPED' OR NOT EXISTS (SELECT 1 FROM parked b
			WHERE b.source = p.source AND b.key = p.key AND b.place < p.place))
		AND EXISTS (SELECT 1 FROM consumer_turn t WHERE t.source = p_source AND t.holder = p_holder)
	RETURNING p.place, p.source, p.seq, p.event_id, p.type, p.subject, p.authority, p.key, p.event, p.failed, p.tries,
		p.code, p.reason, p.sqlstate, p.parked_at, p.ordered, p.ordered_by, p.ordered_why, p.ordered_at INTO gone;
	IF gone.place IS NULL THEN
		RAISE EXCEPTION 'parked event % is not ours to take', p_place USING ERRCODE = 'HC001';
	END IF;
	INSERT INTO parked_decision (place, source, seq, event_id, type, subject, authority, parked_at, tries, what, code, reason,
		sqlstate, who, why, at)
	VALUES (gone.place, gone.source, gone.seq, gone.event_id, gone.type, gone.subject, gone.authority, gone.parked_at,
		gone.tries, p_what, gone.code, gone.reason, gone.sqlstate, coalesce(gone.ordered_by, ''),
		coalesce(gone.ordered_why, ''), p_now);
	SELECT min(p.place) INTO next_place FROM parked p WHERE p.source = gone.source AND p.key = gone.key;
	UPDATE parked p SET ordered = 'RETRY', ordered_by = gone.ordered_by, ordered_why = NULL, ordered_at = gone.ordered_at
	WHERE p.place = next_place AND p.place > gone.place AND p.ordered IS NULL;
END $$;

-- Tried again, and failed again: it stays where it is.
CREATE FUNCTION parked_again(p_source text, p_holder uuid, p_place bigint, p_code text, p_reason text, p_sqlstate text,
	p_now timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO parked_decision (place, source, seq, event_id, type, subject, authority, parked_at, tries, what, code, reason,
		sqlstate, who, why, at)
	SELECT p.place, p.source, p.seq, p.event_id, p.type, p.subject, p.authority, p.parked_at, p.tries + 1, 'FAILED', p_code,
		p_reason, p_sqlstate, coalesce(p.ordered_by, ''), '', p_now
	FROM parked p WHERE p.place = p_place AND p.source = p_source;
	UPDATE parked p SET failed = true, tries = p.tries + 1, code = p_code, reason = p_reason, sqlstate = p_sqlstate,
		ordered = NULL, ordered_by = NULL, ordered_why = NULL, ordered_at = NULL
	WHERE p.place = p_place AND p.source = p_source
		AND EXISTS (SELECT 1 FROM consumer_turn t WHERE t.source = p_source AND t.holder = p_holder);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'parked event % is not ours to judge', p_place USING ERRCODE = 'HC001';
	END IF;
END $$;

-- Begins to load a source's state for a cursor at p_seq. What lies parked is older than that state.
CREATE FUNCTION bootstrap_begin(p_source text, p_holder uuid, p_epoch uuid, p_seq bigint, p_now timestamptz) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
	IF NOT EXISTS (SELECT 1 FROM consumer_turn t WHERE t.source = p_source AND t.holder = p_holder) THEN
		RAISE EXCEPTION 'it is not our turn to apply %', p_source USING ERRCODE = 'HC001';
	END IF;
	INSERT INTO bootstrap (source, state, epoch, seq) VALUES (p_source, 'LOADING', p_epoch, p_seq)
	ON CONFLICT (source) DO UPDATE SET state = 'LOADING', epoch = p_epoch, seq = p_seq, after = '', until = 0;
	DELETE FROM bootstrap_key k WHERE k.source = p_source;
	INSERT INTO parked_decision (place, source, seq, event_id, type, subject, authority, parked_at, tries, what, code, reason,
		sqlstate, who, why, at)
	SELECT p.place, p.source, p.seq, p.event_id, p.type, p.subject, p.authority, p.parked_at, p.tries, 'SUPERSEDED', p.code,
		p.reason, p.sqlstate, b.who, '', p_now
	FROM parked p JOIN bootstrap b ON b.source = p.source WHERE p.source = p_source ORDER BY p.place;
	DELETE FROM parked p WHERE p.source = p_source;
END $$;

-- A page of the state is loaded, in the transaction of its effects: HC001 when it was loaded before. With the last page
-- the cursor stands where it stood before the first.
CREATE FUNCTION bootstrap_step(p_source text, p_epoch uuid, p_seq bigint, p_from text, p_to text, p_as_of bigint,
	p_keys text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	UPDATE bootstrap b SET after = p_to, until = greatest(b.until, p_as_of),
		state = CASE WHEN p_to = '' THEN 'CATCHING_UP' ELSE b.state END
	WHERE b.source = p_source AND b.state = 'LOADING' AND b.epoch = p_epoch AND b.seq = p_seq AND b.after = p_from;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'the state of % is not loaded up to there', p_source USING ERRCODE = 'HC001';
	END IF;
	INSERT INTO bootstrap_key (source, key, seq) SELECT DISTINCT p_source, k.key, p_as_of FROM unnest(p_keys) AS k (key)
	ON CONFLICT (source, key) DO UPDATE SET seq = excluded.seq;
	IF p_to = '' THEN
		INSERT INTO cursor (source, epoch, seq) VALUES (p_source, p_epoch, p_seq)
		ON CONFLICT (source) DO UPDATE SET epoch = p_epoch, seq = p_seq;
	END IF;
END $$;
