-- The state of providers is told by children (sql/snapshot.sql).
CREATE INDEX hold_child ON hold (child_id, authority);
