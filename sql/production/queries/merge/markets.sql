-- Merge staged markets: keep the newest state of each, and each state once, with when it was first and last fetched.
-- The newest state with a time is the one changed last, then the one fetched last, then that of the greatest digest.
-- A state without a time is newer if it was fetched later. So the order in which states come changes nothing.
-- Reads: pg_temp.stage
-- Writes: market_data.markets, market_data.markets_history
-- Returns: per gatherer how many rows were new
with
states as (
    select ticker, updated_time, fetched_at, body_sha256, body from stage
    union all
    select ticker, updated_time, last_fetched_at as fetched_at, body_sha256, body from market_data.markets_history
    where ticker in (select s.ticker from stage as s)
),

newest as (
    insert into market_data.markets as known (
        ticker, updated_time, fetched_at, body_sha256, body, event_ticker, market_type, title, yes_sub_title,
        no_sub_title, status, result, open_time, close_time, settlement_ts
    )
    select distinct on (ticker)
        ticker, updated_time, fetched_at, body_sha256, body, body ->> 'event_ticker' as event_ticker,
        body ->> 'market_type' as market_type, body ->> 'title' as title, body ->> 'yes_sub_title' as yes_sub_title,
        body ->> 'no_sub_title' as no_sub_title, body ->> 'status' as status, body ->> 'result' as result,
        ops.try_timestamptz(body ->> 'open_time') as open_time,
        ops.try_timestamptz(body ->> 'close_time') as close_time,
        ops.try_timestamptz(body ->> 'settlement_ts') as settlement_ts
    from states
    window timed as (partition by ticker order by updated_time desc nulls last, fetched_at desc, body_sha256 desc)
    order by
        ticker asc, (updated_time is null and fetched_at > first_value(fetched_at) over timed) desc,
        updated_time desc nulls last, fetched_at desc, body_sha256 desc
    on conflict (ticker) do update set (
        updated_time, fetched_at, body_sha256, body, event_ticker, market_type, title, yes_sub_title,
        no_sub_title, status, result, open_time, close_time, settlement_ts
    ) = (
        excluded.updated_time, excluded.fetched_at, excluded.body_sha256, excluded.body, excluded.event_ticker,
        excluded.market_type, excluded.title, excluded.yes_sub_title, excluded.no_sub_title, excluded.status,
        excluded.result, excluded.open_time, excluded.close_time, excluded.settlement_ts
    )
    where (known.body_sha256, known.fetched_at) is distinct from (excluded.body_sha256, excluded.fetched_at)
),

kept as (
    insert into market_data.markets_history as known (
        ticker, body_sha256, updated_time, fetched_at, last_fetched_at, body, gatherer_id
    )
    select distinct on (ticker, body_sha256)
        ticker, body_sha256, updated_time, fetched_at,
        max(fetched_at) over (partition by ticker, body_sha256) as last_fetched_at, body, gatherer_id
    from stage
    order by ticker, body_sha256, fetched_at
    on conflict (ticker, body_sha256) do update
        set
            fetched_at = least(known.fetched_at, excluded.fetched_at),
            last_fetched_at = greatest(known.last_fetched_at, excluded.last_fetched_at)
        where excluded.fetched_at < known.fetched_at or excluded.last_fetched_at > known.last_fetched_at
    returning known.gatherer_id, known.xmax = 0 as is_new
)

select gatherer_id, null::timestamptz as touched_hour, count(*) as new_rows from kept where is_new group by gatherer_id;
