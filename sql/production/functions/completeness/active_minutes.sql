-- Find the minutes in which a stream has any row.
-- Parameters: wanted_stream; wanted_ticker, the market of order books (for other streams all markets count); minutes,
-- those to look at
-- Reads: the stream's table in market_data, and what ops.packed_minutes reads
-- Returns: the minutes with a row
create or replace function ops.active_minutes(wanted_stream text, wanted_ticker text, minutes tstzmultirange)
returns tstzmultirange
language plpgsql
stable
as $$
declare
    asked constant timestamptz[] := array(
        select m.minute
        from unnest(minutes) as r (run)
        cross join generate_series(lower(r.run), upper(r.run) - interval '1 min', interval '1 min') as m (minute)
    );
    active timestamptz[];
begin
    if asked = '{}' then
        return '{}';
    end if;
    -- A query for each stream, since to begin one costs most. It has an index probe for each minute: reading the rows
    -- would cost as much as merging them.
    case wanted_stream
        when 'orderbook_deltas' then
            active := array(
                select m.minute from unnest(asked) as m (minute)
                where exists (
                    select from market_data.deltas(wanted_ticker, m.minute, m.minute + interval '1 min')
                )
            );
        when 'trades' then
            active := array(
                select m.minute from unnest(asked) as m (minute)
                where exists (
                    select from market_data.hot_trades as t
                    where t.exchange_ts >= m.minute and t.exchange_ts < m.minute + interval '1 min'
                )
            ) || ops.packed_minutes(wanted_stream, asked);
        when 'tickers' then
            active := array(
                select m.minute from unnest(asked) as m (minute)
                where exists (
                    select from market_data.hot_tickers as t
                    where t.exchange_ts >= m.minute and t.exchange_ts < m.minute + interval '1 min'
                )
            ) || ops.packed_minutes(wanted_stream, asked);
        when 'lifecycle_events' then
            active := array(
                select m.minute from unnest(asked) as m (minute)
                where exists (
                    select from market_data.lifecycle_events as l
                    where l.seen_at >= m.minute and l.seen_at < m.minute + interval '1 min'
                )
            );
    end case;
    return (
        select coalesce(range_agg(tstzrange(a.minute, a.minute + interval '1 min')), '{}')
        from unnest(active) as a (minute)
    );
end;
$$;

comment on function ops.active_minutes is 'The minutes in which a stream has any row.';
