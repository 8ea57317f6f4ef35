-- List the markets whose minutes have to be classified: expected ones without a steady state, and idle ones with a
-- message.
-- Parameters: from_at and until_at, the minutes
-- Reads: ops.expected, ops.steady_states, and what market_data.deltas reads
-- Returns: stream, and market (empty for a stream of all markets), and whether it has a steady state
create or replace function ops.unsteady_markets(from_at timestamptz, until_at timestamptz)
returns table (stream text, market_ticker text, is_steady boolean)
language plpgsql
stable
as $$
begin
    return query
    select s.stream, x.market_ticker, k.state is not null as is_steady
    from ops.classified_streams() as s
    inner join ops.expected as x on s.channel = x.channel and (x.market_ticker <> '') = s.is_by_market
    -- The offsets force one index probe per market, whatever the planner knows of tables that have just been filled.
    left join lateral (
        select each.state
        from ops.steady_states as each
        where each.stream = s.stream and each.market_ticker = x.market_ticker and each.ended_at is null
        offset 0
    ) as k on true
    left join lateral (
        select true as is_found
        from market_data.deltas(x.market_ticker, from_at, until_at) as d
        where k.state = 'idle'
        limit 1
        offset 0
    ) as message on true
    where
        x.during && tstzrange(from_at, until_at) and (k.state is null or message.is_found)
        -- An index leads to these: there are many times more markets that have ended.
        and coalesce(upper(x.during), 'infinity') > from_at;
end;
$$;

comment on function ops.unsteady_markets is
'The markets whose minutes have to be classified, since they have no steady state or had a message.';
