-- Sum up a market's trades in buckets of time. A bucket begins at a whole multiple of its length, counted from Monday,
-- 2000-01-03, 00:00 UTC. Buckets without a trade are left out; trades outside of the order book (block trades) count.
-- Parameters: wanted_ticker, the market; bucket, a length in days or less, such as '1 min', '1 h' or '7 days';
-- from_at and until_at, trades before until_at only
-- Reads: what market_data.trades_of reads
-- Returns: one row per bucket: its beginning; dollars of YES at the first, highest, lowest and last trade; contracts;
-- the number of trades
create or replace function market_data.candles(
    wanted_ticker text, bucket interval, from_at timestamptz, until_at timestamptz
) returns table (
    bucket_at timestamptz,
    open_price numeric,
    high_price numeric,
    low_price numeric,
    close_price numeric,
    volume numeric,
    trade_count bigint
)
language plpgsql
stable
as $$
begin
    if bucket <= interval '0' or extract(year from bucket) <> 0 or extract(month from bucket) <> 0 then
        raise exception 'a bucket of % has no fixed length: choose one such as 1 min, 1 h or 7 days', bucket
            using errcode = 'invalid_parameter_value';
    end if;
    return query
    select
        date_bin(bucket, t.exchange_ts, timestamptz '2000-01-03 00:00:00+00'),
        (array_agg(t.yes_price order by t.exchange_ts, t.received_at, t.trade_id collate "C"))[1],
        max(t.yes_price),
        min(t.yes_price),
        (array_agg(t.yes_price order by t.exchange_ts desc, t.received_at desc, t.trade_id collate "C" desc))[1],
        sum(t.size),
        count(*)
    from market_data.trades_of(wanted_ticker, from_at, until_at) as t
    group by 1
    order by 1;
end;
$$;

comment on function market_data.candles is
'A market''s trades by time: first, highest, lowest and last price in dollars of YES, contracts and number of trades.';
