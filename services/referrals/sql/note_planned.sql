-- The accepted offer's placement is planned. The offer keeps its placement whatever the referral's state.
WITH offered AS (
	SELECT o.authority, o.id, o.referral_id FROM offer o
	WHERE o.authority = :authority::text AND o.id = :offer_id::uuid
), kept AS (
	UPDATE offer o SET placement_id = :placement_id::uuid, version = o.version + 1, updated = :now::timestamptz
	WHERE o.authority = :authority::text AND o.id = :offer_id::uuid
		AND o.placement_id IS DISTINCT FROM :placement_id::uuid
)
UPDATE referral r SET state = :to_state::text, placement_id = :placement_id::uuid, version = r.version + 1,
	updated = :now::timestamptz
FROM offered o
WHERE r.authority = :authority::text AND r.id = (SELECT f.referral_id FROM offered f) AND r.accepted_offer_id = o.id
	AND r.state = ANY (:from_states::text[])
RETURNING r.id
