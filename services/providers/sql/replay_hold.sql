-- The present state of a hold that a repeated request released.
SELECT k.id, k.home_id, k.child_id, k.referral_id, k.offer_id, k.placement_id, k.state, k.held_until, k.excess,
	k.reason, k.version::text AS etag
FROM hold k WHERE k.authority = :authority::text AND k.id = :result_key::uuid
