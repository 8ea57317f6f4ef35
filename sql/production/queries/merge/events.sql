-- Merge staged events: keep the newest body of each, and add every body once to the history.
-- The newest is the one with the latest updated_time, then the one fetched last, then the greatest digest.
-- Reads: pg_temp.stage
-- Writes: market_data.events, market_data.events_history
-- Returns: per gatherer how many rows were new
with
newest as (
    insert into market_data.events as known (
        ticker, updated_time, fetched_at, body_sha256, body, series_ticker, title, sub_title,
        mutually_exclusive, strike_date, strike_period
    )
    select distinct on (ticker)
        ticker, updated_time, fetched_at, body_sha256, body,
        body ->> 'series_ticker' as series_ticker, body ->> 'title' as title, body ->> 'sub_title' as sub_title,
        ops.try_boolean(body ->> 'mutually_exclusive') as mutually_exclusive,
        ops.try_timestamptz(body ->> 'strike_date') as strike_date, body ->> 'strike_period' as strike_period
    from stage
    order by ticker asc, updated_time desc nulls last, fetched_at desc, body_sha256 desc
    on conflict (ticker) do update
        set
            updated_time = excluded.updated_time,
            fetched_at = excluded.fetched_at,
            body_sha256 = excluded.body_sha256,
            body = excluded.body,
            series_ticker = excluded.series_ticker,
            title = excluded.title,
            sub_title = excluded.sub_title,
            mutually_exclusive = excluded.mutually_exclusive,
            strike_date = excluded.strike_date,
            strike_period = excluded.strike_period
        where
        (coalesce(excluded.updated_time, '-infinity'), excluded.fetched_at, excluded.body_sha256)
        > (coalesce(known.updated_time, '-infinity'), known.fetched_at, known.body_sha256)
),

kept as (
    insert into market_data.events_history (ticker, body_sha256, updated_time, fetched_at, body, gatherer_id)
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
