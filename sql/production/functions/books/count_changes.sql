-- Count a market's changes between two milliseconds, without those in either of them.
-- If first_at and last_at are constant in a query, PostgreSQL plans only the partitions between them.
-- Parameters: wanted_ticker; after_at and before_at, the two milliseconds; first_at and last_at, limits of all that is
-- counted: at least 5 s before the first and after the second
-- Reads: what market_data.deltas_between reads
-- Returns: one row: how many surely lie between them, and how many perhaps do; the two differ by the changes whose own
-- time is not known to the millisecond
create or replace function ops.count_changes(
    wanted_ticker text, after_at timestamptz, before_at timestamptz, first_at timestamptz, last_at timestamptz
)
returns table (surely bigint, perhaps bigint)
language sql
stable
as $$
    select
        count(*) filter (where d.earliest_at >= after_at + interval '1 ms' and d.latest_at < before_at) as surely,
        count(*) filter (where d.latest_at >= after_at + interval '1 ms' and d.earliest_at < before_at) as perhaps
    from (
        select
            -- A change without a time has that of its sending or receipt.
            each.exchange_ts - case when each.time_digits is null then interval '5 s' else '0' end as earliest_at,
            each.exchange_ts + case
                when each.time_digits is null then interval '5 s'
                when each.time_digits = 0 then '999999 us'
                else '0'
            end as latest_at
        from market_data.deltas_between(
            after_at - interval '5 s', before_at + interval '5 s', first_at, last_at
        ) as each
        where each.market_ticker = wanted_ticker collate "C" and each.exchange_ts > after_at - interval '5 s'
    ) as d;
$$;

comment on function ops.count_changes is 'How many changes of a market lie between two milliseconds.';
