-- Compute the steady states of markets again, and store those that changed.
-- Parameters: wanted_stream; tickers, the markets; moment, the time until which their minutes are classified
-- Reads: what ops.steady_state reads
-- Writes: ops.steady_states
-- Returns: how many markets changed
create or replace function ops.renew_steady_states(wanted_stream text, tickers text[], moment timestamptz)
returns bigint
language plpgsql
as $$
declare
    changed_tickers text[];
    states text[];
    check_times timestamptz[];
begin
    select array_agg(t.ticker), array_agg(f.state), array_agg(f.check_at)
    into changed_tickers, states, check_times
    from ops.classified_streams() as c
    cross join (select distinct each.ticker from unnest(tickers) as each (ticker)) as t
    left join lateral ops.steady_state(c.channel, t.ticker, moment) as f on true
    left join lateral (
        select each.state, each.check_at
        from ops.steady_states as each
        where each.stream = wanted_stream and each.market_ticker = t.ticker and each.ended_at is null
        offset 0
    ) as k on true
    where
        c.stream = wanted_stream and c.is_by_market
        and (f.state, f.check_at) is distinct from (k.state, k.check_at);
    perform ops.end_steady_states(wanted_stream, changed_tickers, moment);
    insert into ops.steady_states (stream, market_ticker, since, state, check_at)
    select wanted_stream as stream, n.ticker, moment as since, n.state, n.check_at
    from unnest(changed_tickers, states, check_times) as n (ticker, state, check_at)
    where n.state is not null;
    return coalesce(cardinality(changed_tickers), 0);
end;
$$;

comment on function ops.renew_steady_states is 'Compute the steady states of markets again.';
