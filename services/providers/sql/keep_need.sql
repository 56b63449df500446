-- A referral is open, or its needs have changed: they are kept, and homes looked for at once (timer "find_homes").
WITH kept AS (
	INSERT INTO need (authority, referral_id, child_id, age, sex, unaccompanied, home_kinds, easting, northing,
		most_miles, most_weekly_fee_pence, children, needs, urgency, needed_by, opened, updated)
	SELECT :authority::text, :referral_id::uuid, :child_id::uuid, :needs_age_value::integer, :needs_sex::text,
		coalesce(:needs_unaccompanied::boolean, false), coalesce(:needs_home_kinds::text[], '{}'),
		:needs_home_grid_easting::integer, :needs_home_grid_northing::integer, :needs_most_miles_miles::float8,
		:needs_most_weekly_fee_pence::bigint, greatest(coalesce(:needs_children::integer, 1), 1), :needs_whole::jsonb,
		:urgency::text, :needed_by::date, :event_time::timestamptz, :now::timestamptz
	WHERE NOT :event_historical::boolean
	ON CONFLICT (authority, referral_id) DO UPDATE SET child_id = excluded.child_id, age = excluded.age,
		sex = excluded.sex, unaccompanied = excluded.unaccompanied, home_kinds = excluded.home_kinds,
		easting = excluded.easting, northing = excluded.northing, most_miles = excluded.most_miles,
		most_weekly_fee_pence = excluded.most_weekly_fee_pence, children = excluded.children,
		needs = excluded.needs, urgency = excluded.urgency, needed_by = excluded.needed_by, updated = excluded.updated
	RETURNING authority, referral_id
)
INSERT INTO timer (kind, authority, subject, due)
SELECT 'find_homes', k.authority, k.referral_id::text, :now::timestamptz FROM kept k
ON CONFLICT (kind, authority, subject) DO UPDATE SET due = excluded.due
RETURNING subject
