-- What placements knows of a child: kept for the referral that a breakdown opens. Nothing is told, and nothing begins.
WITH effect AS (
	INSERT INTO child AS c (authority, child_id, sex, date_of_birth, unaccompanied)
	SELECT :authority::text, :child_id::uuid, nullif(:sex::text, 'U'), :date_of_birth_value::date,
		coalesce(:unaccompanied::boolean, false)
	ON CONFLICT (authority, child_id) DO UPDATE SET sex = excluded.sex, date_of_birth = excluded.date_of_birth,
		unaccompanied = excluded.unaccompanied
	WHERE (c.sex, c.date_of_birth, c.unaccompanied)
		IS DISTINCT FROM (excluded.sex, excluded.date_of_birth, excluded.unaccompanied)
	RETURNING c.child_id
)
SELECT e.child_id FROM effect e
