-- Let the planner join by hashes where it can. It cannot estimate what groups and common table expressions return, and
-- a loop that it takes for short reads 100,000 rows for each of 100,000.
-- Returns: one row, the settings, which hold until the session ends
select
    set_config('enable_nestloop', 'off', false) as nested_loops,
    -- The costs of loops that cannot be avoided would have each query compiled.
    set_config('jit', 'off', false) as compiler;
