-- Merge staged market summaries: hold one row per market, time and set of values. Rows that agree in all that both have
-- are one: see ops.merge_mixed_tickers and ops.merge_undated_tickers. If all rows of an hour have the same fields, only
-- equal rows agree.
-- Reads: pg_temp.stage
-- Writes: market_data.hot_tickers, ops.ticker_labels, ops.ticker_evidence
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which rows only changed
create or replace function ops.merge_tickers()
returns table (gatherer_id smallint, touched_hour timestamptz, new_rows bigint)
language plpgsql
as $$
declare
    mixed timestamptz[] := ops.mixed_ticker_hours();
begin
    if cardinality(mixed) > 0 then
        return query select m.gatherer_id, m.touched_hour, m.new_rows from ops.merge_mixed_tickers(mixed) as m;
    else
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
            where s.ctid not in (select c.place from ops.packed_copies() as c (place))
            order by s.exchange_ts, s.market_ticker, s.values_sha256, s.received_at
            on conflict do nothing
            returning date_bin('1 hour', t.exchange_ts, '2000-01-01 00:00:00+00') as touched_hour, t.gatherer_id
        )

        select i.gatherer_id, i.touched_hour, count(*)
        from inserted as i
        group by i.gatherer_id, i.touched_hour;
    end if;
    -- A row may be a copy of one in the next hour.
    if exists (select from ops.ticker_labels as l where l.labels & 1 = 0) and exists (
        select from ops.ticker_labels as l
        inner join pg_temp.stage as s
            on s.exchange_ts >= l.hour - interval '5 s' and s.exchange_ts <= l.hour + interval '1 h 5 s'
        where l.labels & 1 = 0
    ) then
        return query
        select m.gatherer_id, m.touched_hour, sum(m.new_rows)::bigint
        from ops.merge_undated_tickers() as m
        group by m.gatherer_id, m.touched_hour;
    end if;
end;
$$;

comment on function ops.merge_tickers is 'Merge staged market summaries.';
