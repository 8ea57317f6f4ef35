-- Record which sets of fields the staged market summaries have, and find the hours that have several: only there can a
-- row be a poorer copy of another one.
-- Reads: pg_temp.stage
-- Writes: ops.ticker_labels
-- Returns: the beginnings of the hours of the staged rows that have several sets, or rows without a time
create or replace function ops.mixed_ticker_hours() returns timestamptz[]
language sql
as $$
    with
    -- To count what is not null costs a third of finding the set of each row.
    counted as materialized (
        select
            date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') as hour, count(*) as row_count,
            array[
                count(s.time_digits), sum((s.time_digits >= 3)::integer), count(s.market_id), count(s.last_price),
                count(s.yes_bid), count(s.yes_ask), count(s.yes_bid_size), count(s.yes_ask_size),
                count(s.last_trade_size), count(s.volume), count(s.open_interest), count(s.dollar_volume),
                count(s.dollar_open_interest)
            ] as counts
        from pg_temp.stage as s
        group by 1
    ),

    equal as materialized (
        select c.hour, sum(case when f.known > 0 then 1 << (f.place::integer - 1) else 0 end)::integer as labels
        from counted as c
        cross join unnest(c.counts) with ordinality as f (known, place)
        group by c.hour
        having bool_and(coalesce(f.known, 0) in (0, c.row_count))
    ),

    staged as materialized (
        select e.hour, e.labels from equal as e
        union all
        select distinct
            c.hour,
            ops.ticker_labels_of(
                s.time_digits, s.market_id, s.last_price, s.yes_bid, s.yes_ask, s.yes_bid_size, s.yes_ask_size,
                s.last_trade_size, s.volume, s.open_interest, s.dollar_volume, s.dollar_open_interest
            ) as labels
        from counted as c
        inner join pg_temp.stage as s on s.exchange_ts >= c.hour and s.exchange_ts < c.hour + interval '1 h'
        where c.hour not in (select e.hour from equal as e)
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
