-- Make packed order-book changes hot that lie in the neighbourhoods of the evidence. Changes without a time may follow
-- each other for hours, so that a neighbourhood reaches farther than the rows near a staged one, which are hot already.
-- Parameters: unit, how long the shortest neighbourhood is; slack, by how much a window may begin before its row's time
-- Reads: pg_temp.evidence, market_data.packed_orderbook_deltas
-- Writes: what ops.unpack_market_hours writes
-- Returns: how many changes became hot
create or replace function ops.unpack_evidence(unit interval, slack interval) returns bigint
language plpgsql
as $$
declare
    touched_hours timestamptz[];
begin
    select array_agg(h.hour) into touched_hours
    from (
        select min(e.from_at) - unit - slack as from_at, max(e.until_at) + unit + slack as until_at
        from pg_temp.evidence as e
    ) as r
    cross join lateral generate_series(
        date_bin('1 h', r.from_at, '2000-01-01 00:00:00+00'), r.until_at, interval '1 h'
    ) as h (hour);
    touched_hours := ops.lock_hours('orderbook_deltas', coalesce(touched_hours, '{}'));
    if touched_hours = '{}' then
        return 0;
    end if;
    if to_regclass('pg_temp.staged_market_hours') is null then
        perform ops.create_packing_tables();
    end if;
    delete from pg_temp.staged_market_hours;
    insert into pg_temp.staged_market_hours (hour, market_ticker)
    select distinct p.hour, p.market_ticker
    from (
        select e.market_ticker, min(e.from_at) - unit - slack as from_at, max(e.until_at) + unit + slack as until_at
        from pg_temp.evidence as e
        group by e.neighbourhood, e.market_ticker
    ) as n
    inner join market_data.packed_orderbook_deltas as p
        on n.market_ticker = p.market_ticker and p.hour > n.from_at - interval '1 h' and p.hour <= n.until_at
    where p.hour = any(touched_hours);
    if not found then
        return 0;
    end if;
    return ops.unpack_market_hours('orderbook_deltas', touched_hours);
end;
$$;

comment on function ops.unpack_evidence is 'Make packed order-book changes hot that lie near the evidence.';
