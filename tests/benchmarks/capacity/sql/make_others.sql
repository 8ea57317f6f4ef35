-- Make the market summaries, trades and lifecycle messages of a period. Of each summary, few fields differ from the one
-- before it.
-- Parameters: began, seconds, period (its number), active, parity, tickers, trades, lifecycle_events (numbers of rows)
truncate made_tickers, made_trades, made_lifecycle_events;
insert into made_tickers
select
    t.n, t.exchange_ts, t.k,
    (b.bid / 100.0)::numeric(6, 4) as last_price, (b.bid / 100.0)::numeric(6, 4) as yes_bid,
    ((b.bid + 1 + mod(t.j / 11, 2)) / 100.0)::numeric(6, 4) as yes_ask,
    made_size(t.k, true, 1, t.j / 2) as yes_bid_size,
    made_size(t.k, false, 2, (t.j + 1) / 2) as yes_ask_size,
    made_size(t.k, true, 3, t.number) as last_trade_size,
    (t.k * 100 + t.number * 37.25)::numeric(14, 2) as volume,
    (t.k * 50 + t.number * 7.5)::numeric(14, 2) as open_interest
from (
    select d.*, %(period)s * 1000 + d.j / 7 as number
    from (
        select n, exchange_ts, k, row_number() over (partition by k order by n) as j
        from (
            select
                n,
                %(began)s::timestamptz
                + ((n - random()) * %(seconds)s * 998.0 / %(tickers)s)::bigint * interval '1 ms' as exchange_ts,
                2 * ceil(%(active)s / 2.0 * power(random(), 3))::integer - %(parity)s as k
            from generate_series(1, %(tickers)s) as n
        ) as drawn
    ) as d
) as t
inner join made_markets as m on t.k = m.k
cross join lateral (values (m.center - 5 + mod(abs(hashint8(t.k * 1000003::bigint + t.j / 5)), 10))) as b (bid);

insert into made_trades
select
    n,
    %(began)s::timestamptz + ((n - random()) * %(seconds)s * 998.0 / %(trades)s)::bigint * interval '1 ms'
        as exchange_ts,
    2 * ceil(%(active)s / 2.0 * power(random(), 3))::integer - %(parity)s as k,
    md5(%(period)s || ' ' || n)::uuid::text as trade_id,
    ((1 + floor(random() * 99)) / 100.0)::numeric(6, 4) as yes_price,
    (ceil(random() * 20000) / 100.0)::numeric(12, 2) as size,
    case when random() < 0.5 then 'yes' else 'no' end as taker_side
from generate_series(1, %(trades)s) as n;

insert into made_lifecycle_events
select
    n,
    %(began)s::timestamptz + (n * %(seconds)s * 998.0 / %(lifecycle_events)s)::bigint * interval '1 ms' as sent_at,
    ticker,
    jsonb_build_object(
        'event_type', 'close_date_updated', 'market_ticker', ticker, 'close_ts', 1795000000 + n,
        'expected_expiration_ts', 1796000000 + n, 'can_close_early', true, 'is_deactivated', false,
        'settlement_timer_seconds', 3600, 'updated_by', md5(n::text)
    ) as payload
from (
    select n, 'KXOTHER-26NOV29-' || %(period)s || '-' || lpad(n::text, 12, '0') as ticker
    from generate_series(1, %(lifecycle_events)s) as n
) as made;
analyze made_tickers, made_trades, made_lifecycle_events;
