-- Find the minutes in which a stream has any row.
-- Parameters: wanted_stream; wanted_ticker, the market of order books (for other streams all markets count); minutes,
-- those to look at
-- Reads: the stream's table in market_data
-- Returns: the minutes with a row
create or replace function ops.active_minutes(wanted_stream text, wanted_ticker text, minutes tstzmultirange)
returns tstzmultirange
language plpgsql
stable
as $$
begin
    return (
        select coalesce(range_agg(tstzrange(m.minute, m.minute + interval '1 min')), '{}')
        from unnest(minutes) as r (run)
        cross join generate_series(lower(r.run), upper(r.run) - interval '1 min', interval '1 min') as m (minute)
        -- One index probe each: reading the rows would cost as much as merging them.
        cross join lateral (
            (
                select from market_data.deltas(wanted_ticker, m.minute, m.minute + interval '1 min') as d
                where wanted_stream = 'orderbook_deltas'
                limit 1
            )
            union all
            (
                select from market_data.trades as t
                where
                    wanted_stream = 'trades'
                    and t.exchange_ts >= m.minute and t.exchange_ts < m.minute + interval '1 min'
                limit 1
            )
            union all
            (
                select from market_data.tickers_during(m.minute, m.minute + interval '1 min') as t
                where wanted_stream = 'tickers'
                limit 1
            )
            union all
            (
                select from market_data.lifecycle_events as l
                where
                    wanted_stream = 'lifecycle_events'
                    and l.seen_at >= m.minute and l.seen_at < m.minute + interval '1 min'
                limit 1
            )
        ) as hit
    );
end;
$$;

comment on function ops.active_minutes is 'The minutes in which a stream has any row.';
