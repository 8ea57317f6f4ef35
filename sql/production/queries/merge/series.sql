-- Merge staged series: keep the newest body of each, and add every body once to the history.
-- The newest is the one with the latest updated_time, then the one fetched last, then the greatest digest.
-- Reads: pg_temp.stage
-- Writes: market_data.series, market_data.series_history
-- Returns: per gatherer how many rows were new
with
newest as (
    insert into market_data.series as known (
        ticker, updated_time, fetched_at, body_sha256, body, title, category, frequency, fee_type
    )
    select distinct on (ticker)
        ticker, updated_time, fetched_at, body_sha256, body,
        body ->> 'title' as title, body ->> 'category' as category, body ->> 'frequency' as frequency,
        body ->> 'fee_type' as fee_type
    from stage
    order by ticker asc, updated_time desc nulls last, fetched_at desc, body_sha256 desc
    on conflict (ticker) do update
        set
            updated_time = excluded.updated_time,
            fetched_at = excluded.fetched_at,
            body_sha256 = excluded.body_sha256,
            body = excluded.body,
            title = excluded.title,
            category = excluded.category,
            frequency = excluded.frequency,
            fee_type = excluded.fee_type
        where
        (coalesce(excluded.updated_time, '-infinity'), excluded.fetched_at, excluded.body_sha256)
        > (coalesce(known.updated_time, '-infinity'), known.fetched_at, known.body_sha256)
),

kept as (
    insert into market_data.series_history (ticker, body_sha256, updated_time, fetched_at, body, gatherer_id)
    select distinct on (ticker, body_sha256) ticker, body_sha256, updated_time, fetched_at, body, gatherer_id
    from stage
    order by ticker, body_sha256, fetched_at
    on conflict do nothing
    returning gatherer_id
)

select
    gatherer_id,
    null::timestamptz as touched_hour,
    count(*) as new_rows
from kept
group by gatherer_id;
