-- Places of a home and who holds them. Holds are listed for their own authority alone.
-- scope: supply
SELECT h.id AS home_id, h.places,
	count(k.id) FILTER (WHERE k.state = 'HELD') AS held,
	count(k.id) FILTER (WHERE k.state = 'CONFIRMED') AS confirmed,
	greatest(h.places - count(k.id), 0) AS free,
	count(k.id) FILTER (WHERE k.excess) AS excess,
	(SELECT jsonb_agg(jsonb_build_object('id', o.id, 'home_id', o.home_id, 'child_id', o.child_id,
		'referral_id', o.referral_id, 'offer_id', o.offer_id, 'placement_id', o.placement_id, 'state', o.state,
		'held_until', to_char(o.held_until AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
		'excess', o.excess, 'etag', o.version::text) ORDER BY o.created, o.id)
		FROM (SELECT a.id, a.home_id, a.child_id, a.referral_id, a.offer_id, a.placement_id, a.state,
			a.held_until, a.excess, a.version, a.created
			FROM hold a
			WHERE a.home_id = h.id AND a.state IN ('HELD', 'CONFIRMED') AND a.authority = :authority::text
			ORDER BY a.created, a.id LIMIT 100) o) AS holds
FROM home h LEFT JOIN hold k ON k.home_id = h.id AND k.state IN ('HELD', 'CONFIRMED')
WHERE h.id = :home_id::uuid
GROUP BY h.id, h.places
