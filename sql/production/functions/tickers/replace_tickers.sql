-- Let production hold the market summaries that were worked out.
-- Reads: pg_temp.held_tickers, pg_temp.wanted_tickers
-- Writes: market_data.hot_tickers
-- Returns: per gatherer how many rows were new, by the hours they fall into, and hours in which rows were replaced
create or replace function ops.replace_tickers()
returns table (gatherer_id smallint, touched_hour timestamptz, new_rows bigint)
language sql
volatile
as $$
    with
    removed as (
        delete from market_data.hot_tickers as t using pg_temp.held_tickers as h
        where
            (t.exchange_ts, t.market_ticker, t.values_sha256) = (h.exchange_ts, h.market_ticker, h.values_sha256)
            and not exists (
                select from pg_temp.wanted_tickers as w
                where (w.market_ticker, w.began_at, w.labels) = (h.market_ticker, h.began_at, h.labels)
            )
        returning t.exchange_ts, t.gatherer_id
    ),

    added as materialized (
        select
            w.exchange_ts, w.market_ticker, w.time_digits, w.received_at, w.gatherer_id, s.*,
            ops.ticker_digest(
                w.time_digits, s.market_id, s.last_price, s.yes_bid, s.yes_ask, s.yes_bid_size, s.yes_ask_size,
                s.last_trade_size, s.volume, s.open_interest, s.dollar_volume, s.dollar_open_interest
            ) as values_sha256,
            exists (
                select from pg_temp.held_tickers as h
                where
                    h.market_ticker = w.market_ticker and h.began_at = w.began_at and w.labels || h.labels = w.labels
            ) as is_known
        from pg_temp.wanted_tickers as w
        cross join
            jsonb_to_record(w.labels) as s (
                market_id text, last_price numeric, yes_bid numeric, yes_ask numeric, yes_bid_size numeric,
                yes_ask_size numeric, last_trade_size numeric, volume numeric, open_interest numeric,
                dollar_volume bigint, dollar_open_interest bigint
            )
        where not exists (
            select from pg_temp.held_tickers as h
            where (h.market_ticker, h.began_at, h.labels) = (w.market_ticker, w.began_at, w.labels)
        )
    ),

    inserted as (
        insert into market_data.hot_tickers as t (
            exchange_ts, market_ticker, values_sha256, market_id, last_price, yes_bid, yes_ask, yes_bid_size,
            yes_ask_size, last_trade_size, volume, open_interest, dollar_volume, dollar_open_interest,
            received_at, gatherer_id, time_digits
        )
        select
            a.exchange_ts, a.market_ticker, a.values_sha256, a.market_id, a.last_price, a.yes_bid, a.yes_ask,
            a.yes_bid_size, a.yes_ask_size, a.last_trade_size, a.volume, a.open_interest, a.dollar_volume,
            a.dollar_open_interest, a.received_at, a.gatherer_id, a.time_digits
        from added as a
        on conflict do nothing
        returning t.exchange_ts, t.market_ticker, t.values_sha256, t.gatherer_id
    )

    select
        t.gatherer_id, date_bin('1 hour', t.exchange_ts, '2000-01-01 00:00:00+00') as touched_hour,
        count(*) filter (where t.is_new) as new_rows
    from (
        select i.gatherer_id, i.exchange_ts, not a.is_known as is_new
        from inserted as i
        inner join added as a
            on
                (i.exchange_ts, i.market_ticker, i.values_sha256)
                = (a.exchange_ts, a.market_ticker, a.values_sha256)
        union all
        select r.gatherer_id, r.exchange_ts, false as is_new from removed as r
    ) as t
    group by t.gatherer_id, 2;
$$;

comment on function ops.replace_tickers is 'Let production hold the market summaries that were worked out.';
