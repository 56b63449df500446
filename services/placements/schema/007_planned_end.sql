-- When a placement is meant to end, as far as anybody has said. NULL: not known. What was said before is in
-- placement_planned_end.

ALTER TABLE placement ADD COLUMN planned_end date;

CREATE TABLE placement_planned_end (
	authority   text NOT NULL,
	placement   uuid NOT NULL,
	version     bigint NOT NULL,             -- of the placement, after the change
	planned_end date,
	recorded    timestamptz NOT NULL,
	recorded_by text NOT NULL,
	PRIMARY KEY (authority, placement, version),
	FOREIGN KEY (authority, placement) REFERENCES placement (authority, id)
);

CREATE OR REPLACE VIEW placement_reading AS
SELECT p.authority, p.id, p.version::text AS etag, p.child AS child_id, p.state, p.referral_id, p.offer_id, p.hold_id,
	p.home_id, p.planned_start, p.start_date, p.end_date, p.weekly_fee_pence AS "weekly_fee.pence",
	p.notice_days AS "notice_days.value", p.placement_type, p.legal_status, p.reason,
	p.notice_hours AS "notice_hours.value", p.end_code, p.moved_from, p.moved_to, p.left_care,
	fee_changes(p.authority, p.id) AS fee_changes, external_ids(p.authority, 'placement', p.id) AS external_ids,
	p.planned_end
FROM placement p;
