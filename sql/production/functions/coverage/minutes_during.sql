-- List the states of the minutes of days. Those in which nothing was published are halted if the exchange said so, else
-- idle.
-- Parameters: wanted_from, wanted_until, at most some days, whose whole days are listed; wanted_ticker, also those of
-- all markets at once, null for every market
-- Reads: ops.market_minutes, market_data.exchange_status, and what ops.halted_minutes reads
-- Returns: the columns of ops.market_minutes that name states, and halted
create or replace function ops.minutes_during(
    wanted_from timestamptz, wanted_until timestamptz, wanted_ticker text default null
)
returns table (
    stream text,
    market_ticker text,
    proven tstzmultirange,
    covered tstzmultirange,
    repaired tstzmultirange,
    gap tstzmultirange,
    idle tstzmultirange,
    halted tstzmultirange
)
language sql
stable
as $$
    -- Almost always nothing is halted, and then no market is asked for.
    with asked as materialized (
        select d.*, exists (
            select from market_data.exchange_status as e
            where
                e.kind = 'shard' and not (e.exchange_active and e.trading_active)
                and e.first_seen_at >= d.from_at - interval '1 h' and e.first_seen_at < d.until_at
        ) as is_halted
        from (
            select
                date_trunc('day', wanted_from, 'UTC') as from_at,
                date_trunc('day', wanted_until, 'UTC') + interval '1 day' as until_at
        ) as d
    )

    select
        m.stream, m.market_ticker, m.proven, m.covered, m.repaired, m.gap, m.idle - h.halted as idle,
        m.idle * h.halted as halted
    from ops.market_minutes as m
    cross join asked as a
    cross join lateral (
        select
            case
                when a.is_halted and m.idle <> '{}' then ops.halted_minutes(m.market_ticker, a.from_at, a.until_at)
                else '{}'
            end as halted
    ) as h
    where
        m.day between (wanted_from at time zone 'UTC')::date and (wanted_until at time zone 'UTC')::date
        and (wanted_ticker is null or m.market_ticker in ('', wanted_ticker));
$$;

comment on function ops.minutes_during is 'The states of the minutes of days, also halted.';
