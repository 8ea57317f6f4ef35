-- Record which sets of fields the staged market summaries have, and find the hours that have several: only there can a
-- row be a poorer copy of another one.
-- Reads: pg_temp.stage
-- Writes: ops.ticker_labels
-- Returns: the beginnings of the hours of the staged rows that have several sets, or rows without a time
create or replace function ops.mixed_ticker_hours() returns timestamptz[]
language plpgsql
as $$
declare
    mixed timestamptz[];
begin
    with
    spanned as materialized (
        select
            date_bin('1 h', min(s.exchange_ts), '2000-01-01 00:00:00+00') as first_hour,
            date_bin('1 h', max(s.exchange_ts), '2000-01-01 00:00:00+00') as last_hour, count(*) as row_count,
            count(*) filter (
                where s.time_digits >= 3 and row(
                    s.market_id, s.last_price, s.yes_bid, s.yes_ask, s.yes_bid_size, s.yes_ask_size,
                    s.last_trade_size, s.volume, s.open_interest, s.dollar_volume, s.dollar_open_interest
                ) is not null
            ) as full_count
        from pg_temp.stage as s
    ),

    -- Nearly always, all rows have all fields. Else, to count what is not null costs a third of finding each row's set.
    counted as materialized (
        select array[
            count(s.time_digits), count(*) filter (where s.time_digits >= 3), count(s.market_id), count(s.last_price),
            count(s.yes_bid), count(s.yes_ask), count(s.yes_bid_size), count(s.yes_ask_size), count(s.last_trade_size),
            count(s.volume), count(s.open_interest), count(s.dollar_volume), count(s.dollar_open_interest)
        ] as counts
        from pg_temp.stage as s
        where (select p.full_count < p.row_count from spanned as p)
    ),

    equal as materialized (
        select (1 << 13) - 1 as labels from spanned as p where p.full_count = p.row_count
        union all
        select sum(case when f.known > 0 then 1 << (f.place::integer - 1) else 0 end)::integer as labels
        from spanned as p
        cross join counted as c
        cross join unnest(c.counts) with ordinality as f (known, place)
        where p.full_count < p.row_count
        having bool_and(f.known in (0, p.row_count))
    ),

    staged as materialized (
        select p.first_hour as hour, e.labels from spanned as p cross join equal as e where p.first_hour = p.last_hour
        union all
        select distinct
            date_bin('1 h', s.exchange_ts, '2000-01-01 00:00:00+00') as hour,
            coalesce(
                (select e.labels from equal as e),
                ops.ticker_labels_of(
                    s.time_digits, s.market_id, s.last_price, s.yes_bid, s.yes_ask, s.yes_bid_size, s.yes_ask_size,
                    s.last_trade_size, s.volume, s.open_interest, s.dollar_volume, s.dollar_open_interest
                )
            ) as labels
        from pg_temp.stage as s
        where not (
            exists (select from equal as e) and (select p.first_hour = p.last_hour from spanned as p)
        )
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

    select coalesce(array_agg(m.hour), '{}') into mixed
    from (select k.hour from known as k group by k.hour having count(*) > 1 or min(k.labels & 1) = 0) as m;
    return mixed;
end;
$$;

comment on function ops.mixed_ticker_hours is 'The hours of staged market summaries that have several sets of fields.';
