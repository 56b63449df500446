-- The present state of the offer that a repeated request made or changed.
SELECT o.id, o.version::text AS etag, o.referral_id, o.home_id, o.provider_id,
	o.weekly_fee_pence AS "weekly_fee.pence", o.notice_days::bigint AS "notice_days.value", o.start_date,
	o.placement_type, o.state, o.reason, o.created
FROM offer o
WHERE o.authority = :authority::text AND o.id = :result_key::uuid
