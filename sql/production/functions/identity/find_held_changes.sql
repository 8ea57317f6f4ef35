-- Find the rows that production holds in the neighbourhoods of the evidence.
-- Parameters: unit, how long the shortest neighbourhood is; slack, by how much a window may begin before its row's time
-- Reads: pg_temp.evidence, market_data.hot_orderbook_deltas
-- Writes: pg_temp.held_changes
-- Returns: nothing
create or replace function ops.find_held_changes(unit interval, slack interval) returns void
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    began timestamptz;
    ended timestamptz;
begin
    select min(e.from_at) - unit - slack, max(e.until_at) + unit + slack into began, ended
    from pg_temp.evidence as e;
    insert into pg_temp.held_changes
    select
        n.neighbourhood, d.market_ticker, d.side, d.price, d.size_delta, d.exchange_ts, coalesce(d.time_digits, -1),
        d.clock, d.occurrence, d.received_at, d.gatherer_id
    from (
        select
            e.neighbourhood, e.market_ticker, e.side, e.price, e.size_delta,
            date_bin(unit, min(e.from_at), '2000-01-01 00:00:00+00') as from_at,
            date_bin(unit, max(e.until_at) - interval '1 us', '2000-01-01 00:00:00+00') + unit as until_at
        from pg_temp.evidence as e
        group by e.neighbourhood, e.market_ticker, e.side, e.price, e.size_delta
    ) as n
    inner join market_data.hot_orderbook_deltas as d
        on
            n.market_ticker = d.market_ticker
            and d.exchange_ts > n.from_at - slack - interval '1 us'
            and d.exchange_ts < n.until_at + slack
            and (n.side, n.price, n.size_delta) = (d.side, d.price, d.size_delta)
    where
        d.exchange_ts >= began and d.exchange_ts < ended
        and (d.time_digits is null or (d.exchange_ts >= n.from_at and d.exchange_ts < n.until_at));
end;
$$;

comment on function ops.find_held_changes is 'Find the rows that production holds near the evidence.';
