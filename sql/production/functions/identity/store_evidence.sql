-- Store the evidence of neighbourhoods whose changes do not say all of it, or of which some is stored: what comes later
-- is compared with it.
-- Reads: pg_temp.evidence, pg_temp.settled_changes
-- Writes: ops.delta_evidence and its partitions
-- Returns: nothing
create or replace function ops.store_evidence() returns void
language plpgsql
as $$
declare
    kept bigint[];
begin
    select array_agg(k.neighbourhood) into kept
    from (
        select s.neighbourhood from pg_temp.settled_changes as s where not s.is_exact
        union
        select e.neighbourhood from pg_temp.evidence as e where e.is_stored
    ) as k;
    if kept is null then
        return;
    end if;
    perform timeseries.ensure_partition('ops.delta_evidence', d.moment)
    from (
        select min(e.exchange_ts) as moment
        from pg_temp.evidence as e
        where e.neighbourhood in (select unnest(kept))
        group by date_bin('1 h', e.exchange_ts, '2000-01-01 00:00:00+00')
    ) as d;
    insert into ops.delta_evidence as known (
        exchange_ts, market_ticker, side, price, size_delta, clock, time_digits, began_at, change_count, received_at,
        gatherer_id
    )
    select distinct on (
        e.exchange_ts, e.market_ticker, e.clock, e.side, e.price, e.size_delta, e.time_digits, e.began_at
    )
        e.exchange_ts, e.market_ticker, e.side, e.price, e.size_delta, e.clock, e.time_digits, e.began_at,
        e.change_count, e.received_at, e.gatherer_id
    from pg_temp.evidence as e
    where e.neighbourhood in (select unnest(kept))
    order by
        e.exchange_ts, e.market_ticker, e.clock, e.side, e.price, e.size_delta, e.time_digits, e.began_at,
        e.change_count desc
    on conflict (exchange_ts, market_ticker, clock, side, price, size_delta, time_digits, began_at) do update
    set
        change_count = excluded.change_count,
        received_at = excluded.received_at,
        gatherer_id = excluded.gatherer_id
    where known.change_count < excluded.change_count;
end;
$$;

comment on function ops.store_evidence is 'Store the evidence of neighbourhoods whose changes do not say all of it.';
