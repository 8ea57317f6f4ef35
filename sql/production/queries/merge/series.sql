-- Merge staged series: keep the newest state of each, and each state once, with when it was first and last fetched.
-- The newest state with a time is the one changed last, then the one fetched last, then that of the greatest digest.
-- A state without a time is newer if it was fetched later. So the order in which states come changes nothing.
-- Reads: pg_temp.stage
-- Writes: market_data.series, market_data.series_history
-- Returns: per gatherer how many rows were new
with
states as (
    select ticker, updated_time, fetched_at, body_sha256, body from stage
    union all
    select ticker, updated_time, last_fetched_at as fetched_at, body_sha256, body from market_data.series_history
    where ticker in (select s.ticker from stage as s)
),

newest as (
    insert into market_data.series as known (
        ticker, updated_time, fetched_at, body_sha256, body, title, category, frequency, fee_type
    )
    select distinct on (ticker)
        ticker, updated_time, fetched_at, body_sha256, body, body ->> 'title' as title,
        body ->> 'category' as category, body ->> 'frequency' as frequency, body ->> 'fee_type' as fee_type
    from states
    window timed as (partition by ticker order by updated_time desc nulls last, fetched_at desc, body_sha256 desc)
    order by
        ticker asc, (updated_time is null and fetched_at > first_value(fetched_at) over timed) desc,
        updated_time desc nulls last, fetched_at desc, body_sha256 desc
    on conflict (ticker) do update set (
        updated_time, fetched_at, body_sha256, body, title, category, frequency, fee_type
    ) = (
        excluded.updated_time, excluded.fetched_at, excluded.body_sha256, excluded.body, excluded.title,
        excluded.category, excluded.frequency, excluded.fee_type
    )
    where (known.body_sha256, known.fetched_at) is distinct from (excluded.body_sha256, excluded.fetched_at)
),

kept as (
    insert into market_data.series_history as known (
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
