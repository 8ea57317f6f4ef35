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
    strongest as (
        select distinct on (market_ticker, side, price, size_delta, exchange_ts, time_digits, began_at, clock)
            *,
            bool_or(source = 'stored') over same_labels as is_stored,
            bool_or(source = 'counted') over same_labels as is_counted
        from pg_temp.found_evidence
        window same_labels as (
            partition by market_ticker, side, price, size_delta, exchange_ts, time_digits, began_at, clock
        )
        order by
            market_ticker, side, price, size_delta, exchange_ts, time_digits, began_at, clock, change_count desc,
            received_at
    ),

    placed as (
        select
            *,
            date_bin(unit, from_at, '2000-01-01 00:00:00+00') as unit_from,
            date_bin(unit, until_at - interval '1 us', '2000-01-01 00:00:00+00') + unit as unit_until
        from strongest
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
