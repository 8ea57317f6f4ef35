-- Read what an exchange's journal says of its shards: each state from when it was answered first until another one was
-- answered.
-- Reads: pg_temp.journal
-- Writes: pg_temp.published_exchange_status
-- Returns: nothing
create temporary table published_exchange_status as
with
answer as (
    select
        line -> 'exchange' as shards,
        pg_temp.sent_time(line -> 'published_ms', 1000) as from_at,
        coalesce(
            lead(pg_temp.sent_time(line -> 'published_ms', 1000)) over (order by line_number), 'infinity'
        ) as until_at
    from journal
    where line ? 'exchange'
),

state as (
    select
        (s.body ->> 'exchange_index')::integer as exchange_index,
        (s.body ->> 'exchange_active')::boolean as exchange_active,
        (s.body ->> 'trading_active')::boolean as trading_active,
        tstzrange(a.from_at, a.until_at) as during
    from answer as a
    cross join lateral jsonb_array_elements(a.shards) as s (body)
)

-- An answer in which only another shard is new does not begin a state.
select
    s.exchange_index,
    s.exchange_active,
    s.trading_active,
    unnest(range_agg(s.during)) as during
from state as s
group by s.exchange_index, s.exchange_active, s.trading_active;
