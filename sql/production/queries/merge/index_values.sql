-- Merge staged index values: hold one value per index and source time.
-- Reads: pg_temp.stage
-- Writes: market_data.index_values
-- Returns: per gatherer how many rows were new
with
inserted as (
    insert into market_data.index_values (
        source_ts, index_id, published_at, value, average_60s, average_15min, payload, received_at, gatherer_id
    )
    select distinct on (source_ts, index_id)
        source_ts, index_id, published_at, value, average_60s, average_15min, payload, received_at, gatherer_id
    from stage
    order by source_ts, index_id, received_at
    on conflict do nothing
    returning gatherer_id
)

select gatherer_id, null::timestamptz as touched_hour, count(*) as new_rows
from inserted
group by gatherer_id;
