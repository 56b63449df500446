-- What a seal holds of each entry: id and half a hash.
-- scope: internal
SELECT encode(s.marks, 'hex') AS marks FROM audit_seal s WHERE s.no = :no::bigint
