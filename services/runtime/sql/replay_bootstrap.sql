-- What source an order was about.
-- scope: internal
SELECT :result_key::text AS source
