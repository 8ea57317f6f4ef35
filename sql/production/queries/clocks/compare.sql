-- Compare production's clock with others.
-- Parameters: clocks timestamptz[]
-- Returns: production's clock; how many of the others lie within a day of the one that ops.accepted_range goes by
select
    clock_timestamp() as clock,
    count(*) filter (where c.clock <@ ops.accepted_range(1)) as agreeing
from unnest(%(clocks)s::timestamptz[]) as c (clock);
