-- A page of a source's state is loaded; raises HC001 when it was before.
-- scope: internal
SELECT bootstrap_step(:source::text, :epoch::uuid, :seq::bigint, :from_after::text, :to_after::text, :as_of::bigint,
	:keys::text[])
