-- The position of the source at which the state of some keys was loaded.
-- scope: internal
SELECT k.key, k.seq FROM bootstrap_key k WHERE k.source = :source::text AND k.key = ANY (:keys::text[])
