-- Merge staged markets: keep the newest body of each, and add every body once to the history.
-- The newest is the one with the latest updated_time, then the one fetched last, then the greatest digest.
-- Reads: pg_temp.stage
-- Writes: market_data.markets, market_data.markets_history
-- Returns: per gatherer how many rows were new
with
newest as (
    insert into market_data.markets as known (
        ticker, updated_time, fetched_at, body_sha256, body, event_ticker, market_type, title, yes_sub_title,
        no_sub_title, status, result, open_time, close_time, settlement_ts
    )
    select distinct on (ticker)
        ticker, updated_time, fetched_at, body_sha256, body,
        body ->> 'event_ticker' as event_ticker, body ->> 'market_type' as market_type, body ->> 'title' as title,
        body ->> 'yes_sub_title' as yes_sub_title, body ->> 'no_sub_title' as no_sub_title,
        body ->> 'status' as status, body ->> 'result' as result,
        ops.try_timestamptz(body ->> 'open_time') as open_time,
        ops.try_timestamptz(body ->> 'close_time') as close_time,
        ops.try_timestamptz(body ->> 'settlement_ts') as settlement_ts
    from stage
    order by ticker asc, updated_time desc nulls last, fetched_at desc, body_sha256 desc
    on conflict (ticker) do update
        set
            updated_time = excluded.updated_time,
            fetched_at = excluded.fetched_at,
            body_sha256 = excluded.body_sha256,
            body = excluded.body,
            event_ticker = excluded.event_ticker,
            market_type = excluded.market_type,
            title = excluded.title,
            yes_sub_title = excluded.yes_sub_title,
            no_sub_title = excluded.no_sub_title,
            status = excluded.status,
            result = excluded.result,
            open_time = excluded.open_time,
            close_time = excluded.close_time,
            settlement_ts = excluded.settlement_ts
        where
        (coalesce(excluded.updated_time, '-infinity'), excluded.fetched_at, excluded.body_sha256)
        > (coalesce(known.updated_time, '-infinity'), known.fetched_at, known.body_sha256)
),

kept as (
    insert into market_data.markets_history (ticker, body_sha256, updated_time, fetched_at, body, gatherer_id)
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
