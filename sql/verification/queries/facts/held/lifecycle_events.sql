-- List production's lifecycle events for the comparison.
-- Reads: market_data.lifecycle_events
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels)
select
    concat_ws('|', subject_ticker, kind) as subject,
    payload as labels
from market_data.lifecycle_events;
