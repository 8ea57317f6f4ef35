-- Record which sets of fields the staged market summaries have, and find the hours that have several: only there can a
-- row be a poorer copy of another one.
-- Reads: pg_temp.stage
-- Writes: ops.ticker_labels
-- Returns: the beginnings of the hours of the staged rows that have several sets, or rows without a time
create or replace function ops.mixed_ticker_hours() returns timestamptz[]
language sql
as $$
    with
    staged as (
        select
            date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') as hour,
            ops.ticker_labels_of(
                s.time_digits, s.market_id, s.last_price, s.yes_bid, s.yes_ask, s.yes_bid_size, s.yes_ask_size,
                s.last_trade_size, s.volume, s.open_interest, s.dollar_volume, s.dollar_open_interest
            ) as labels
        from pg_temp.stage as s
        group by 1, 2
    ),

    recorded as (
        insert into ops.ticker_labels (hour, labels)
        select s.hour, s.labels from staged as s
        where not exists (select from ops.ticker_labels as k where (k.hour, k.labels) = (s.hour, s.labels))
        order by s.hour, s.labels
        on conflict do nothing
    ),

    known as (
        select s.hour, s.labels from staged as s
        union
        select k.hour, k.labels from ops.ticker_labels as k where k.hour in (select s.hour from staged as s)
    )

    select coalesce(array_agg(m.hour), '{}')
    from (select k.hour from known as k group by k.hour having count(*) > 1 or min(k.labels & 1) = 0) as m;
$$;

comment on function ops.mixed_ticker_hours is 'The hours of staged market summaries that have several sets of fields.';
