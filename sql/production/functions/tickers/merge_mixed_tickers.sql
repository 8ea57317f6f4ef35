-- Merge staged market summaries of hours in which rows have different fields. Rows of one market and millisecond that
-- agree in all that both have are one; production holds all that any of them has. So are rows of one second if the time
-- of one of them is known to the second only. Each such group is computed from all rows that were received of it:
-- those that production holds, or those in ops.ticker_evidence if production holds joined rows instead.
-- Parameters: mixed, the beginnings of the hours
-- Reads: pg_temp.stage
-- Writes: market_data.hot_tickers, ops.ticker_evidence
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which rows only changed
create or replace function ops.merge_mixed_tickers(mixed timestamptz[])
returns table (gatherer_id smallint, touched_hour timestamptz, new_rows bigint)
language plpgsql
as $$
begin
    perform ops.create_ticker_tables();
    perform ops.find_ticker_groups(mixed);
    perform ops.find_received_tickers();
    perform ops.join_tickers();
    perform ops.store_ticker_evidence();
    return query select r.gatherer_id, r.touched_hour, r.new_rows from ops.replace_tickers() as r;

    return query
    with
    inserted as (
        insert into market_data.hot_tickers as t (
            exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size,
            yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest,
            received_at, gatherer_id, time_digits
        )
        select distinct on (s.exchange_ts, s.market_ticker, s.values_sha256)
            s.exchange_ts, s.market_ticker, s.values_sha256, s.market_id, s.last_price, s.yes_bid, s.yes_ask,
            s.yes_bid_size, s.yes_ask_size, s.last_trade_size, s.volume, s.open_interest, s.dollar_volume,
            s.dollar_open_interest, s.received_at, s.gatherer_id, s.time_digits
        from pg_temp.stage as s
        where
            s.time_digits is not null and s.ctid not in (select c.place from ops.packed_copies() as c (place))
            and not exists (
                select from pg_temp.ticker_groups as g
                where
                    g.market_ticker = s.market_ticker
                    and g.second = date_bin('1 s', s.exchange_ts, '2000-01-01 00:00:00+00')
                    and s.exchange_ts >= g.began_at and s.exchange_ts < g.ended_at
            )
        order by s.exchange_ts, s.market_ticker, s.values_sha256, s.received_at
        on conflict do nothing
        returning t.gatherer_id, date_bin('1 hour', t.exchange_ts, '2000-01-01 00:00:00+00') as touched_hour
    )

    select i.gatherer_id, i.touched_hour, count(*)
    from inserted as i
    group by i.gatherer_id, i.touched_hour;
end;
$$;

comment on function ops.merge_mixed_tickers is 'Merge market summaries of hours in which rows have different fields.';
