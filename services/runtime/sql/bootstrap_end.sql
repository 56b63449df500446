-- Every event that the loaded state may hold has been passed.
-- scope: internal
WITH gone AS (
	DELETE FROM bootstrap b WHERE b.source = :source::text AND b.state = 'CATCHING_UP'
		AND b.until <= (SELECT c.seq FROM cursor c WHERE c.source = :source::text)
	RETURNING b.source
)
DELETE FROM bootstrap_key k WHERE k.source = (SELECT g.source FROM gone g)
