-- Classify minutes for the first time, for markets without a steady state and for idle ones with a message. Then
-- compute the steady states of the markets that have none.
-- Parameters: from_at and until_at, the minutes
-- Reads: what ops.unsteady_markets, ops.markets_of_changed_lines, ops.classify_minutes and ops.renew_steady_states read
-- Writes: ops.classified_minutes, ops.steady_states, ops.lost_lines
-- Returns: how many rows of ops.classified_minutes were written
create or replace function ops.classify_new_minutes(from_at timestamptz, until_at timestamptz) returns bigint
language plpgsql
as $$
declare
    unsteady record;
    written bigint := 0;
begin
    perform ops.end_steady_states(c.stream, c.tickers, from_at)
    from (
        select each.stream, array_agg(each.market_ticker) as tickers
        from (
            select l.stream, l.market_ticker from ops.markets_of_changed_lines(from_at, until_at) as l
            union
            select k.stream, k.market_ticker
            from ops.steady_states as k
            where k.ended_at is null and k.check_at < until_at
        ) as each
        group by each.stream
    ) as c;
    for unsteady in
        select
            m.stream, array_agg(m.market_ticker) as tickers,
            array_agg(m.market_ticker) filter (where not m.is_steady) as stateless_tickers,
            array_agg(from_at) as from_times, array_agg(until_at) as until_times
        from ops.unsteady_markets(from_at, until_at) as m
        group by m.stream
    loop
        written := written + ops.classify_minutes(
            unsteady.stream, unsteady.tickers, unsteady.from_times, unsteady.until_times
        );
        perform ops.renew_steady_states(unsteady.stream, unsteady.stateless_tickers, until_at);
    end loop;
    return written;
end;
$$;

comment on function ops.classify_new_minutes is
'Classify minutes for the first time, for markets in which something happened.';
