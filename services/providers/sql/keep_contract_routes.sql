-- Timer "contract_routes": what a contract says of its next members is kept in home_route. The subject is the contract; its
-- data says after which provider.
-- scope: internal
WITH due AS (
	SELECT t.id, t.subject::uuid AS contract_id, (t.data ->> 'after')::uuid AS after FROM timer t
	WHERE t.id = :timer_id::uuid AND t.due <= :now::timestamptz
), batch AS (
	SELECT x.provider_id FROM (SELECT DISTINCT m.provider_id FROM contract_member m
		WHERE m.contract_id = (SELECT d.contract_id FROM due d)
			AND m.provider_id > coalesce((SELECT d.after FROM due d), '00000000-0000-0000-0000-000000000000')) x
	ORDER BY x.provider_id LIMIT 10
), kept AS (
	SELECT count(1) AS done FROM (SELECT keep_contract_routes(d.contract_id, ARRAY(SELECT b.provider_id FROM batch b),
		:now::timestamptz) FROM due d) k
), moved AS (
	UPDATE timer t SET data = jsonb_build_object('after', (SELECT b.provider_id FROM batch b ORDER BY b.provider_id DESC LIMIT 1))
	FROM due d, kept k WHERE t.id = d.id AND k.done = 1 AND (SELECT count(1) FROM batch) = 10
	RETURNING t.id
), over AS (
	DELETE FROM timer t USING due d, kept k WHERE t.id = d.id AND k.done = 1 AND (SELECT count(1) FROM batch) < 10
	RETURNING t.id
)
SELECT m.id FROM moved m UNION ALL SELECT o.id FROM over o
