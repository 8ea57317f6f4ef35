-- Merge staged market summaries that have no time of their own. One is a copy of a row at most 5 s from when it was
-- sent or received: of one with a time that agrees in all that both have, or of one without that has all its fields.
-- A held row without a time gives way to such a row that comes later.
-- Reads: pg_temp.stage
-- Writes: market_data.hot_tickers
-- Returns: a row per row that is new, with the hour it falls into, or that is gone, with 0 new rows
create or replace function ops.merge_undated_tickers()
returns table (gatherer_id smallint, touched_hour timestamptz, new_rows bigint)
language plpgsql
as $$
#variable_conflict use_column
declare
    staged record;
begin
    return query
    delete from market_data.hot_tickers as k
    using pg_temp.stage as s
    where
        s.time_digits is not null and k.time_digits is null and k.market_ticker = s.market_ticker
        and k.exchange_ts between s.exchange_ts - interval '5 s' and s.exchange_ts + interval '5 s'
        and ops.ticker_row(to_jsonb(k), null, null) || ops.ticker_row(to_jsonb(s), null, null)
        = ops.ticker_row(to_jsonb(s), null, null) || ops.ticker_row(to_jsonb(k), null, null)
    returning k.gatherer_id, date_bin('1 hour', k.exchange_ts, '2000-01-01 00:00:00+00'), 0::bigint;
    for staged in
        select s.*, r.labels
        from pg_temp.stage as s
        cross join lateral (select ops.ticker_row(to_jsonb(s), null, null) as labels) as r
        where s.time_digits is null
        -- The richest comes first, so that most others change nothing.
        order by length(r.labels::text) desc, s.exchange_ts asc, s.received_at asc
    loop
        continue when exists (
            select from market_data.hot_tickers as k
            cross join lateral (select ops.ticker_row(to_jsonb(k), null, null) as labels) as r
            where
                k.market_ticker = staged.market_ticker
                and k.exchange_ts between staged.exchange_ts - interval '5 s' and staged.exchange_ts + interval '5 s'
                and r.labels || staged.labels
                = case when k.time_digits is null then r.labels else staged.labels || r.labels end
        );
        return query
        delete from market_data.hot_tickers as k
        where
            k.market_ticker = staged.market_ticker and k.time_digits is null
            and k.exchange_ts between staged.exchange_ts - interval '5 s' and staged.exchange_ts + interval '5 s'
            and staged.labels || ops.ticker_row(to_jsonb(k), null, null) = staged.labels
        returning k.gatherer_id, date_bin('1 hour', k.exchange_ts, '2000-01-01 00:00:00+00'), 0::bigint;
        insert into market_data.hot_tickers (
            exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size,
            yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest, received_at,
            gatherer_id
        ) values (
            staged.exchange_ts, staged.market_ticker, staged.values_sha256, staged.market_id, staged.last_price,
            staged.yes_bid, staged.yes_ask, staged.yes_bid_size, staged.yes_ask_size, staged.last_trade_size,
            staged.volume, staged.open_interest, staged.dollar_volume, staged.dollar_open_interest,
            staged.received_at, staged.gatherer_id
        )
        on conflict do nothing;
        return query
        select staged.gatherer_id, date_bin('1 hour', staged.exchange_ts, '2000-01-01 00:00:00+00'), 1::bigint;
    end loop;
end;
$$;

comment on function ops.merge_undated_tickers is 'Merge staged market summaries that have no time of their own.';
