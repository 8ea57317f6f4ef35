-- Move hot order-book changes of an hour into packed rows: one per market and set of labels. What arrays cannot hold
-- becomes exact rows: more than four decimal places, clocks far from the lowest, delays of more than 1,000 s.
-- Parameters: wanted_hour; first_ticker, the market to begin with; rows_max, how many changes one call moves
-- Writes: market_data.hot_orderbook_deltas, market_data.packed_orderbook_deltas
-- Returns: one row: how many changes were moved, and the last market
create or replace function ops.pack_deltas(wanted_hour timestamptz, first_ticker text, rows_max integer)
returns table (moved bigint, last_ticker text)
language sql
as $$
    with
    picked as materialized (
        select d.tableoid as part, d.ctid as place
        from market_data.hot_orderbook_deltas as d
        where
            d.exchange_ts >= wanted_hour and d.exchange_ts < wanted_hour + interval '1 h'
            and d.market_ticker >= first_ticker
        order by d.market_ticker, d.exchange_ts
        limit rows_max
    ),

    removed as (
        delete from market_data.hot_orderbook_deltas as d using picked as p
        where
            d.exchange_ts >= wanted_hour and d.exchange_ts < wanted_hour + interval '1 h'
            and d.tableoid = p.part and d.ctid = p.place
        returning
            d.*, scale(d.price)::smallint as price_scale, scale(d.size_delta)::smallint as size_scale,
            d.price * ('{1,10,100,1000,10000}'::integer [])[scale(d.price) + 1] as price_units,
            d.size_delta * ('{1,10,100,1000,10000}'::integer [])[scale(d.size_delta) + 1] as size_units
    ),

    judged as (
        select
            r.*,
            coalesce(
                r.price_units between -16384 and 16383 and r.size_units between -2147483647 and 2147483647
                and r.clock between 0 and 1::bigint << 60
                and r.received_at between r.exchange_ts - interval '1000 s' and r.exchange_ts + interval '1000 s',
                false
            ) as fits
        from removed as r
    ),

    based as (
        select
            j.*,
            min(j.clock) over (
                partition by j.market_ticker, j.fits, j.clock = 0, j.time_digits, j.price_scale, j.size_scale
            ) as lowest_clock
        from judged as j
    ),

    grouped as materialized (
        select b.*, case when b.fits then b.clock - b.lowest_clock < 2147483648 else false end as is_plain
        from based as b
    ),

    measured as (
        select
            g.*,
            row_number() over kind as place,
            (g.clock - lag(g.clock, 1, g.lowest_clock) over kind)::integer as clock_step,
            round(date_part('epoch', g.exchange_ts - wanted_hour) * 1e6)::bigint - 2147483648 as moment,
            round(date_part('epoch', g.received_at - g.exchange_ts) * 1e6)::integer as delay
        from grouped as g
        where g.is_plain
        window kind as (
            partition by g.market_ticker, g.lowest_clock, g.time_digits, g.price_scale, g.size_scale
            order by g.exchange_ts, g.clock
        )
    ),

    delayed as (
        select
            m.*,
            min(m.delay) over (
                partition by m.market_ticker, m.lowest_clock, m.time_digits, m.price_scale, m.size_scale
            ) as shortest_delay
        from measured as m
    ),

    packed as (
        insert into market_data.packed_orderbook_deltas
        select
            wanted_hour, d.market_ticker, count(*), d.time_digits, d.price_scale, d.size_scale, d.lowest_clock,
            d.shortest_delay, min(d.gatherer_id), array_agg(d.moment::integer order by d.place),
            case when bool_or(d.clock_step <> 0) then array_agg(d.clock_step order by d.place) end,
            array_agg((d.price_units::integer * 2 + (d.side = 'no')::integer)::smallint order by d.place),
            array_agg(d.size_units::integer order by d.place),
            array_agg((((d.delay - d.shortest_delay) & 65535) - 32768)::smallint order by d.place),
            case
                when max(d.delay) - d.shortest_delay > 65535
                    then array_agg(((d.delay - d.shortest_delay) >> 16)::smallint order by d.place)
            end,
            case when bool_or(d.occurrence <> 0) then array_agg(d.occurrence order by d.place) end,
            case when max(d.gatherer_id) > min(d.gatherer_id) then array_agg(d.gatherer_id order by d.place) end,
            null::jsonb
        from delayed as d
        group by d.market_ticker, d.lowest_clock, d.time_digits, d.price_scale, d.size_scale, d.shortest_delay
        union all
        select
            wanted_hour, g.market_ticker, count(*), null, 0, 0, 0, 0, 0, '{}', null, '{}', '{}', '{}', null, null, null,
            jsonb_agg(
                jsonb_build_object(
                    'exchange_ts', g.exchange_ts, 'clock', g.clock, 'side', g.side, 'price', g.price,
                    'size_delta', g.size_delta, 'occurrence', g.occurrence, 'received_at', g.received_at,
                    'gatherer_id', g.gatherer_id, 'time_digits', g.time_digits
                )
            )
        from grouped as g
        where not g.is_plain
        group by g.market_ticker
    )

    select count(*), max(r.market_ticker) from removed as r;
$$;

comment on function ops.pack_deltas is 'Move hot order-book changes of an hour into packed rows.';
