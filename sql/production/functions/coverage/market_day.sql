-- Find the states of a market's minutes of one day, those in which nothing was published as ops.minutes_during does.
-- Parameters: wanted_stream, wanted_ticker, wanted_day
-- Reads: ops.market_minutes, and what ops.halted_minutes reads
-- Returns: the columns of ops.market_minutes that name states, and halted; no row if no minute was expected
create or replace function ops.market_day(wanted_stream text, wanted_ticker text, wanted_day date)
returns table (
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
    select
        m.market_ticker, m.proven, m.covered, m.repaired, m.gap, m.idle - h.halted as idle, m.idle * h.halted as halted
    from ops.market_minutes as m
    cross join lateral ops.halted_minutes(
        m.market_ticker, m.day::timestamp at time zone 'UTC', (m.day + 1)::timestamp at time zone 'UTC'
    ) as h (halted)
    where m.stream = wanted_stream and m.market_ticker = wanted_ticker and m.day = wanted_day;
$$;

comment on function ops.market_day is 'The states of a market''s minutes of one day, also halted.';
