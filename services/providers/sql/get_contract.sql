-- A contract, to its commissioners.
SELECT c.id, c.version::text AS etag, c.authority, c.reference, c.name, c.kind, c.basis, c.open_to_entrants, c.from_date,
	c.until_date, c.runs_until, c.ended_on, c.ended_reason, c.extensions, contract_commissioners(c.id) AS commissioners,
	contract_lots(c.id) AS lots
FROM contract c WHERE c.id = :contract_id::uuid AND commissions(:authority::text, c.id)
