-- End the steady states of markets, so that their minutes are classified one by one.
-- Parameters: wanted_stream; tickers, the markets; moment, the end
-- Writes: ops.steady_states
-- Returns: nothing
create or replace function ops.end_steady_states(wanted_stream text, tickers text[], moment timestamptz) returns void
language plpgsql
as $$
begin
    delete from ops.steady_states as k
    where k.stream = wanted_stream and k.market_ticker = any(tickers) and k.ended_at is null and k.since >= moment;
    update ops.steady_states as k set ended_at = moment
    where k.stream = wanted_stream and k.market_ticker = any(tickers) and k.ended_at is null;
end;
$$;

comment on function ops.end_steady_states is 'End the steady states of markets.';
