-- Merge staged index values: hold one value per index and source time. What one copy lacks is taken from another one.
-- Reads: pg_temp.stage
-- Writes: market_data.index_values
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which rows only changed
with
candidate as materialized (
    select
        source_ts, index_id, min(published_at) as published_at, min(value) as value, min(average_60s) as average_60s,
        min(average_15min) as average_15min, array_agg(distinct payload) as payloads, min(received_at) as received_at,
        (array_agg(gatherer_id order by received_at, gatherer_id))[1] as gatherer_id
    from stage
    group by source_ts, index_id
),

inserted as (
    insert into market_data.index_values (
        source_ts, index_id, published_at, value, average_60s, average_15min, payload, received_at, gatherer_id
    )
    select
        source_ts, index_id, published_at, value, average_60s, average_15min,
        case cardinality(payloads) when 1 then payloads[1] else ops.join_payloads(payloads) end as payload,
        received_at, gatherer_id
    from candidate
    order by source_ts, index_id
    on conflict do nothing
    returning source_ts, gatherer_id, 1 as is_new
),

-- Not the rows inserted above: this sees the table as it was before.
completed as (
    update market_data.index_values as k
    set
        published_at = least(k.published_at, c.published_at),
        value = least(k.value, c.value),
        average_60s = least(k.average_60s, c.average_60s),
        average_15min = least(k.average_15min, c.average_15min),
        payload = ops.join_payloads(array_prepend(k.payload, c.payloads))
    from candidate as c
    where
        (k.source_ts, k.index_id) = (c.source_ts, c.index_id) and c.payloads <> array[k.payload]
        and k.payload <> ops.join_payloads(array_prepend(k.payload, c.payloads))
    returning k.source_ts, k.gatherer_id, 0 as is_new
)

select gatherer_id, date_bin('1 hour', source_ts, '2000-01-01 00:00:00+00') as touched_hour, sum(is_new) as new_rows
from (
    select * from inserted
    union all
    select * from completed
) as touched
group by gatherer_id, touched_hour;
