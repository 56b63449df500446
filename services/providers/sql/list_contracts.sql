-- Contracts that the council leads or commissions, by id.
SELECT c.id::text AS page_key, c.id, c.version::text AS etag, c.authority, c.reference, c.name, c.kind, c.basis, c.open_to_entrants, c.from_date,
	c.until_date, c.runs_until, c.ended_on, c.ended_reason, c.extensions, contract_commissioners(c.id) AS commissioners,
	contract_lots(c.id) AS lots
FROM contract c
WHERE (c.authority = :authority::text OR c.id IN (SELECT m.contract_id FROM contract_commissioner m
		WHERE m.authority = :authority::text AND m.until_version IS NULL))
	AND c.id > coalesce(:page_after::uuid, '00000000-0000-0000-0000-000000000000'::uuid)
	AND (:kind::text IS NULL OR c.kind = :kind::text)
	AND (:date::date IS NULL OR c.from_date <= :date::date AND (c.runs_until IS NULL OR c.runs_until > :date::date))
ORDER BY c.id
LIMIT :page_limit::bigint
