-- Update what is expected of the markets of which a message, a listing or first coverage was merged since the last
-- call; of all young markets if an earlier connection became known. Nothing is read of any other market.
-- Parameters: since, only later messages are read, null if nothing was ever expected; markets_max, for how many rows of
-- ops.expected_due one call does it
-- Reads: what ops.mark_first_connection, ops.end_determined_markets and ops.update_market_times read
-- Writes: ops.expected, ops.expected_due, ops.market_minutes_due, ops.watermarks
-- Returns: how many rows of ops.expected_due were taken
create or replace function ops.update_expected(since timestamptz, markets_max integer default 100000) returns bigint
language plpgsql
as $$
declare
    tickers text[];
begin
    if since is null then
        return 0;
    end if;
    perform ops.mark_first_connection();
    with taken as (
        delete from ops.expected_due as d
        where d.ctid = any(array(select each.ctid from ops.expected_due as each limit markets_max))
        returning d.market_ticker
    )

    select array_agg(t.market_ticker) into tickers from taken as t;
    if tickers is null then
        return 0;
    end if;
    perform ops.end_determined_markets(tickers, since), ops.update_market_times(tickers);
    return cardinality(tickers);
end;
$$;

comment on function ops.update_expected is 'Update what is expected of markets that have changed since the last call.';
