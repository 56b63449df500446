-- A place is held: until when is shown.
UPDATE referral r SET held_until = :held_until::timestamptz, version = r.version + 1, updated = :now::timestamptz
WHERE r.authority = :authority::text AND r.id = :referral_id::uuid AND r.accepted_offer_id = :offer_id::uuid
	AND r.state = ANY (:from_states::text[]) AND r.held_until IS DISTINCT FROM :held_until::timestamptz
RETURNING r.id
