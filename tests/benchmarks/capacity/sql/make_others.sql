-- Make the market summaries, trades and lifecycle messages of a period. Of each summary, few fields differ from the one
-- before it.
-- Parameters: began, seconds, period (its number), active, parity, tickers, trades, lifecycle_events (numbers of rows)
truncate made_tickers, made_trades, made_lifecycle_events;
insert into made_tickers
select
    t.n, t.exchange_ts, t.k, (b.bid / 100.0)::numeric(6, 4), (b.bid / 100.0)::numeric(6, 4),
    ((b.bid + 1 + t.j / 11 %% 2) / 100.0)::numeric(6, 4), made_size(t.k, true, 1, t.j / 2),
    made_size(t.k, false, 2, (t.j + 1) / 2), made_size(t.k, true, 3, t.number),
    (t.k * 100 + t.number * 37.25)::numeric(14, 2), (t.k * 50 + t.number * 7.5)::numeric(14, 2)
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
cross join lateral (
    select m.center - 5 + abs(hashint8(t.k * 1000003::bigint + t.j / 5)) %% 10 as bid
) as b;

insert into made_trades
select
    n, began + ((n - random()) * %(seconds)s * 998.0 / %(trades)s)::bigint * interval '1 ms',
    2 * ceil(%(active)s / 2.0 * power(random(), 3))::integer - %(parity)s,
    md5(%(period)s || ' ' || n)::uuid::text, ((1 + floor(random() * 99)) / 100.0)::numeric(6, 4),
    (ceil(random() * 20000) / 100.0)::numeric(12, 2), case when random() < 0.5 then 'yes' else 'no' end
from generate_series(1, %(trades)s) as n
cross join (select %(began)s::timestamptz as began) as b;

insert into made_lifecycle_events
select
    n, %(began)s::timestamptz + (n * %(seconds)s * 998.0 / %(lifecycle_events)s)::bigint * interval '1 ms', ticker,
    jsonb_build_object(
        'event_type', 'close_date_updated', 'market_ticker', ticker, 'close_ts', 1795000000 + n,
        'expected_expiration_ts', 1796000000 + n, 'can_close_early', true, 'is_deactivated', false,
        'settlement_timer_seconds', 3600, 'updated_by', md5(n::text)
    )
from (
    select n, 'KXOTHER-26NOV29-' || %(period)s || '-' || lpad(n::text, 12, '0') as ticker
    from generate_series(1, %(lifecycle_events)s) as n
) as made;
analyze made_tickers, made_trades, made_lifecycle_events;
