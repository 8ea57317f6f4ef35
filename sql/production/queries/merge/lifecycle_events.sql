-- Merge staged lifecycle events: hold each message once, with the fields of all its copies. The rule is
-- ops.merge_lifecycle_events.
-- Reads: pg_temp.stage
-- Writes: market_data.lifecycle_events
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which rows only changed
select
    m.gatherer_id,
    m.touched_hour,
    sum(m.new_rows) as new_rows
from ops.merge_lifecycle_events() as m
group by m.gatherer_id, m.touched_hour;
