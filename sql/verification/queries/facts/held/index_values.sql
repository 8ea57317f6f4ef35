-- List production's index values for the comparison.
-- Reads: market_data.index_values
-- Writes: pg_temp.held_fact
-- Returns: nothing
insert into held_fact (subject, labels, from_at, until_at)
select
    index_id as subject,
    jsonb_build_object('value', value, 'published_at', extract(epoch from published_at), 'payload', payload)
    || pg_temp.time_labels(source_ts, 6) as labels,
    source_ts as from_at,
    source_ts as until_at
from market_data.index_values;
