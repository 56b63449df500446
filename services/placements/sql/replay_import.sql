-- What a repeated import did the first time.
SELECT r.new_children, r.changed_children, r.unchanged_children, r.new_episodes, r.changed_episodes,
	r.unchanged_episodes, r.kept_episodes
FROM import_result r WHERE r.authority = :authority::text AND r.id = :result_key::uuid
