-- Find the ranges of time, in whole units, that the windows of each kind of change cover without a hole.
-- Parameters: unit
-- Reads: pg_temp.found_evidence
-- Writes: pg_temp.found_ranges
-- Returns: nothing
create or replace function ops.find_ranges(unit interval) returns void
language sql
volatile
as $$
    delete from pg_temp.found_ranges;

    with
    placed as (
        select
            market_ticker, side, price, size_delta, date_bin(unit, from_at, '2000-01-01 00:00:00+00') as from_at,
            date_bin(unit, until_at - interval '1 us', '2000-01-01 00:00:00+00') + unit as until_at
        from pg_temp.found_evidence
    ),

    separated as (
        select
            *,
            coalesce(
                from_at >= max(until_at) over (
                    partition by market_ticker, side, price, size_delta order by from_at
                    rows between unbounded preceding and 1 preceding
                ),
                true
            ) as is_first
        from placed
    ),

    numbered as (
        select
            *,
            count(*) filter (where is_first) over (
                partition by market_ticker, side, price, size_delta order by from_at
            ) as range_number
        from separated
    )

    insert into pg_temp.found_ranges (market_ticker, side, price, size_delta, from_at, until_at)
    select market_ticker, side, price, size_delta, min(from_at), max(until_at)
    from numbered
    group by market_ticker, side, price, size_delta, range_number;
$$;

comment on function ops.find_ranges is 'Find the ranges of time that the windows of each kind of change cover.';
