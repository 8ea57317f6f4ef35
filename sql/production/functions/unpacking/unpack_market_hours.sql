-- Make packed rows hot of the markets and hours (for some streams, days) that are listed, and let packing begin with
-- them again, after a while: 10 min after the first time, and each further time after twice as long, up to a week, so
-- that an hour into which late rows are merged all the time is not packed all the time.
-- Parameters: wanted_stream; hours, those of pg_temp.staged_market_hours at least
-- Reads: pg_temp.staged_market_hours
-- Writes: ops.packed_hours, new partitions, and what the function writes that unpacks the stream
-- Returns: how many rows became hot
create or replace function ops.unpack_market_hours(wanted_stream text, hours timestamptz[]) returns bigint
language plpgsql
as $$
begin
    update ops.packed_hours as p
    set
        packed_at = null,
        next_ticker = case when p.packed_at is null then least(p.next_ticker, m.first_ticker) else m.first_ticker end,
        unpackings = p.unpackings + (p.pack_after <= now())::integer,
        pack_after = case
            when p.pack_after <= now() then now() + interval '10 min' * 2 ^ least(p.unpackings, 10) else p.pack_after
        end
    from (
        select t.hour, min(t.market_ticker) as first_ticker from pg_temp.staged_market_hours as t group by t.hour
    ) as m
    where p.stream = wanted_stream and p.hour = m.hour;
    perform timeseries.ensure_partition(s.hot_table, h.hour)
    from (select distinct t.hour from pg_temp.staged_market_hours as t) as h
    inner join ops.packed_streams() as s on s.stream = wanted_stream;
    return case wanted_stream
        when 'orderbook_deltas' then ops.unpack_deltas(hours)
        when 'tickers' then ops.unpack_tickers(hours)
        when 'trades' then ops.unpack_trades(hours)
        when 'orderbook_snapshots' then ops.unpack_snapshots(hours)
    end;
end;
$$;

comment on function ops.unpack_market_hours is 'Make packed rows hot of the markets and hours that are listed.';
