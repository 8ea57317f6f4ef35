-- Find the times in which staged market summaries, those that production holds and the stored evidence have different
-- fields.
-- Parameters: mixed, the beginnings of the hours in which rows have different fields
-- Reads: pg_temp.stage, market_data.hot_tickers, ops.ticker_evidence
-- Writes: pg_temp.ticker_groups
-- Returns: nothing
create or replace function ops.find_ticker_groups(mixed timestamptz[]) returns void
language sql
volatile
as $$
    with
    staged as materialized (
        select
            s.market_ticker, s.exchange_ts, s.time_digits,
            date_bin('1 s', s.exchange_ts, '2000-01-01 00:00:00+00') as second,
            ops.ticker_labels_of(
                s.time_digits, s.market_id, s.last_price, s.yes_bid, s.yes_ask, s.yes_bid_size, s.yes_ask_size,
                s.last_trade_size, s.volume, s.open_interest, s.dollar_volume, s.dollar_open_interest
            ) as label_set
        from pg_temp.stage as s
        where
            s.time_digits is not null
            and date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') = any(mixed)
    ),

    touched as materialized (
        select distinct s.market_ticker, s.second from staged as s
    ),

    met as materialized (
        select s.market_ticker, s.second, s.exchange_ts, s.time_digits, s.label_set from staged as s
        union all
        select
            s.market_ticker, s.second, t.exchange_ts, t.time_digits,
            ops.ticker_labels_of(
                t.time_digits, t.market_id, t.last_price, t.yes_bid, t.yes_ask, t.yes_bid_size, t.yes_ask_size,
                t.last_trade_size, t.volume, t.open_interest, t.dollar_volume, t.dollar_open_interest
            ) as label_set
        from touched as s
        inner join market_data.hot_tickers as t
            on
                s.market_ticker = t.market_ticker
                and t.exchange_ts >= s.second and t.exchange_ts < s.second + interval '1 s'
        where t.time_digits is not null
        union all
        -- Evidence is only stored of rows with different fields.
        select s.market_ticker, s.second, e.exchange_ts, e.time_digits, -1 as label_set
        from touched as s
        inner join ops.ticker_evidence as e
            on
                s.market_ticker = e.market_ticker
                and e.exchange_ts >= s.second and e.exchange_ts < s.second + interval '1 s'
    ),

    windowed as (
        select
            m.market_ticker, m.second, m.label_set, w.is_coarse,
            case when w.is_coarse then m.second else m.exchange_ts end as began_at
        from met as m
        inner join (
            select o.market_ticker, o.second, bool_or(o.time_digits = 0) as is_coarse
            from met as o
            group by o.market_ticker, o.second
        ) as w on m.market_ticker = w.market_ticker and m.second = w.second
    )

    insert into pg_temp.ticker_groups (market_ticker, second, began_at, ended_at)
    select
        w.market_ticker, w.second, w.began_at,
        w.began_at + case when bool_or(w.is_coarse) then interval '1 s' else interval '1 us' end
    from windowed as w
    group by w.market_ticker, w.second, w.began_at
    having min(w.label_set) < max(w.label_set);
$$;

comment on function ops.find_ticker_groups is 'Find when market summaries have different fields.';
