-- The placement found by a referral is over: so is the referral.
UPDATE referral r SET state = :to_state::text, version = r.version + 1, updated = :now::timestamptz
WHERE r.authority = :authority::text AND r.id = :referral_id::uuid AND r.placement_id = :placement_id::uuid
	AND r.state = ANY (:from_states::text[])
RETURNING r.id
