-- A process that leaves gives its turn up: with no beat, who looks next has it.
-- scope: internal
UPDATE consumer_turn SET beat = '-infinity' WHERE source = :source::text AND holder = :holder::uuid RETURNING source
