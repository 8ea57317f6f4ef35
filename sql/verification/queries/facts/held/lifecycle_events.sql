-- List production's lifecycle events for the comparison.
-- Reads: market_data.lifecycle_events
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels, from_at, until_at)
select
    concat_ws('|', subject_ticker, kind) as subject,
    payload as labels,
    seen_at as from_at,
    seen_at as until_at
from market_data.lifecycle_events;
