-- What a child needs beyond the columns that lists and lookups read: siblings, school, requirements, recommendation, risks,
-- places to avoid, legal status, wishes. The fields 9 and on of hearth.referrals.v1.Needs as the events hold them (proto3
-- JSON names, nothing that was not said); NULL: none of it was said.
ALTER TABLE referral ADD COLUMN needs_more jsonb;

-- Needs as the events hold them, all of them. The function of the same name with one argument less stays for processes
-- that have not been replaced yet.
CREATE FUNCTION needs_json(age integer, sex text, unaccompanied boolean, home_kinds text[], easting integer,
	northing integer, most_miles double precision, most_weekly_fee_pence bigint, children integer, more jsonb)
RETURNS jsonb LANGUAGE sql STABLE AS $$
	SELECT coalesce(more, '{}') || jsonb_build_object(
		'age', CASE WHEN age IS NOT NULL THEN jsonb_build_object('value', age) END,
		'sex', sex,
		'unaccompanied', unaccompanied,
		'homeKinds', to_jsonb(home_kinds),
		'homeGrid', CASE WHEN easting IS NOT NULL THEN jsonb_build_object('easting', easting, 'northing', northing) END,
		'mostMiles', CASE WHEN most_miles IS NOT NULL THEN jsonb_build_object('miles', most_miles) END,
		'mostWeeklyFee', CASE WHEN most_weekly_fee_pence IS NOT NULL
			THEN jsonb_build_object('pence', most_weekly_fee_pence) END,
		'children', children)
$$;
