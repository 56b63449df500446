-- The present state of a block that a repeated request made or ended.
-- scope: supply
SELECT b.id, b.home_id, b.places, block_reason(b.reason, b.authority, :authority::text) AS reason, b.from_date, b.until_date, b.planned_until, b.version::text AS etag
FROM place_block b WHERE b.id = :result_key::uuid
