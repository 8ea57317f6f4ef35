-- Merge staged index values: one of each index and source time.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage
-- Writes: market_data.index_values, ops.rejected_rows
-- Returns: per gatherer how many rows were new and rejected
with judged as not materialized (
    select
        s.*,
        ops.refusal(
            s.source_ts, 0, 1,
            (select lower(ops.accepted(%(late_days_max)s))), (select upper(ops.accepted(%(late_days_max)s)))
        ) as reason
    from stage as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'index_values' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id, reason
),

inserted as (
    insert into market_data.index_values (
        source_ts, index_id, published_at, value, average_60s, average_15min, payload, received_at, gatherer_id
    )
    select distinct on (source_ts, index_id)
        source_ts, index_id, published_at, value, average_60s, average_15min, payload, received_at, gatherer_id
    from judged
    where reason is null
    order by source_ts, index_id, received_at
    on conflict do nothing
    returning gatherer_id
)

select gatherer_id, touched_hour, count(*) filter (where reason is null) as new_rows, count(reason) as rejected_rows
from (
    select gatherer_id, null::timestamptz as touched_hour, null as reason from inserted
    union all
    select gatherer_id, null as touched_hour, reason from refused
) as r
group by gatherer_id, touched_hour;
