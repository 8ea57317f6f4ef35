-- Work out which rows production is to hold in each neighbourhood, and number those that have the same key. What is
-- known best comes first.
-- Reads: pg_temp.evidence, pg_temp.found_evidence
-- Writes: pg_temp.settled_changes
-- Returns: nothing
create or replace function ops.settle_changes() returns void
language sql
volatile
as $$
    insert into pg_temp.settled_changes (
        neighbourhood, market_ticker, side, price, size_delta, exchange_ts, time_digits, clock, occurrence, received_at,
        gatherer_id, is_exact
    )
    select
        e.neighbourhood, e.market_ticker, e.side, e.price, e.size_delta, e.exchange_ts, e.time_digits, s.clock,
        row_number() over (
            partition by e.neighbourhood, e.exchange_ts, s.clock
            order by e.time_digits < 0, e.time_digits desc, e.began_at, e.number, c.number
        ) - 1,
        e.received_at, e.gatherer_id, s.is_exact
    from ops.settle_evidence() as s
    inner join pg_temp.evidence as e on s.evidence = e.number
    cross join lateral generate_series(1, s.change_count) as c (number);
$$;

comment on function ops.settle_changes is 'Work out which rows production is to hold in each neighbourhood.';
