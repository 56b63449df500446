-- The statements that follow in this transaction are planned for their values.
-- scope: internal
SELECT set_config('plan_cache_mode', 'force_custom_plan', true)
