-- Number the neighbourhoods of the evidence that was found, and keep of repeats the one with the most changes.
-- Parameters: unit, how long the shortest neighbourhood is
-- Reads: pg_temp.found_evidence
-- Writes: pg_temp.evidence
-- Returns: nothing
create or replace function ops.number_evidence(unit interval) returns void
language sql
volatile
as $$
    with
    -- Times differ in most rows and are compared fastest, so they come first.
    strongest as (
        select distinct on (exchange_ts, market_ticker, clock, side, price, size_delta, time_digits, began_at) *
        from pg_temp.found_evidence
        order by
            exchange_ts, market_ticker, clock, side, price, size_delta, time_digits, began_at, change_count desc,
            received_at
    ),

    -- Most evidence is neither stored nor counted, so this is cheaper than to look at the sources of all rows.
    marked as (
        select
            exchange_ts, market_ticker, clock, side, price, size_delta, time_digits, began_at,
            bool_or(source = 'stored') as is_stored, bool_or(source = 'counted') as is_counted
        from pg_temp.found_evidence
        where source in ('stored', 'counted')
        group by exchange_ts, market_ticker, clock, side, price, size_delta, time_digits, began_at
    ),

    known as (
        select s.*, coalesce(m.is_stored, false) as is_stored, coalesce(m.is_counted, false) as is_counted
        from strongest as s
        left join marked as m
            on
                (s.exchange_ts, s.market_ticker, s.clock, s.side, s.price, s.size_delta, s.time_digits, s.began_at)
                = (m.exchange_ts, m.market_ticker, m.clock, m.side, m.price, m.size_delta, m.time_digits, m.began_at)
    ),

    placed as (
        select
            *,
            date_bin(unit, from_at, '2000-01-01 00:00:00+00') as unit_from,
            date_bin(unit, until_at - interval '1 us', '2000-01-01 00:00:00+00') + unit as unit_until
        from known
    ),

    separated as (
        select
            *,
            coalesce(
                unit_from >= max(unit_until) over (
                    partition by market_ticker, side, price, size_delta order by unit_from
                    rows between unbounded preceding and 1 preceding
                ),
                true
            ) as is_first
        from placed
    )

    insert into pg_temp.evidence (
        neighbourhood, source, place, exchange_ts, market_ticker, side, price, size_delta, clock, time_digits, began_at,
        change_count, received_at, gatherer_id, from_at, until_at, is_stored, is_counted
    )
    select
        count(*) filter (where is_first) over (
            order by market_ticker, side, price, size_delta, unit_from rows unbounded preceding
        ) as neighbourhood,
        source, place, exchange_ts, market_ticker, side, price, size_delta, clock, time_digits, began_at, change_count,
        received_at, gatherer_id, from_at, until_at, is_stored, is_counted
    from separated;
$$;

comment on function ops.number_evidence is 'Number the neighbourhoods of the evidence that was found.';
