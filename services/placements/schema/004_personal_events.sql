-- Dates of birth in events told before: into the column that the pull of services alone reads.
UPDATE outbox o SET payload = o.payload - 'dateOfBirth',
	personal = CASE WHEN o.payload -> 'dateOfBirth' <> 'null' THEN jsonb_build_object('dateOfBirth', o.payload -> 'dateOfBirth') END
WHERE o.payload ? 'dateOfBirth';
