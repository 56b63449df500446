-- The statements that follow are planned once again.
-- scope: internal
SELECT set_config('plan_cache_mode', 'force_generic_plan', true)
