-- Move hot trades of a day into packed rows: one per market and set of labels. What arrays cannot hold becomes exact
-- rows: identities that are no UUIDs, more than four decimal places, two prices that are not a dollar together.
-- Parameters: wanted_day; first_ticker, the market to begin with; rows_max, how many trades one call moves
-- Writes: market_data.hot_trades, market_data.packed_trades
-- Returns: one row: how many trades were moved, and the last market
create or replace function ops.pack_trades(wanted_day timestamptz, first_ticker text, rows_max integer)
returns table (moved bigint, last_ticker text)
language sql
as $$
    with
    picked as materialized (
        select t.tableoid as part, t.ctid as place
        from market_data.hot_trades as t
        where
            t.exchange_ts >= wanted_day and t.exchange_ts < wanted_day + interval '24 h'
            and t.market_ticker >= first_ticker
        order by t.market_ticker, t.exchange_ts
        limit rows_max
    ),

    removed as (
        delete from market_data.hot_trades as t using picked as p
        where
            t.exchange_ts >= wanted_day and t.exchange_ts < wanted_day + interval '24 h'
            and t.tableoid = p.part and t.ctid = p.place
        returning t.*
    ),

    judged as materialized (
        select
            r.*, scale(r.yes_price)::smallint as price_scale, scale(r.size)::smallint as size_scale,
            coalesce(
                r.trade_id ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'
                and r.yes_price between 0 and 1 and scale(r.yes_price) <= 4
                and r.no_price = 1 - r.yes_price and scale(r.no_price) = scale(r.yes_price)
                and r.size * ('{1,10,100,1000,10000}'::integer[])[scale(r.size) + 1] between 0 and 2147483647
                and r.received_at between r.exchange_ts - interval '3650 days' and r.exchange_ts + interval '3650 days',
                false
            ) as is_plain
        from removed as r
    ),

    measured as (
        select
            j.*,
            row_number() over (order by j.exchange_ts, j.trade_id) as number,
            case when j.is_plain then j.trade_id::uuid end as uuid,
            (extract(epoch from j.exchange_ts - wanted_day) * 1000000)::bigint as moment,
            (extract(epoch from j.received_at - j.exchange_ts) * 1000000)::bigint as delay,
            (j.yes_price * ('{1,10,100,1000,10000}'::integer[])[j.price_scale + 1])::integer * 2
            + coalesce(j.taker_side = 'no', false)::integer as price,
            (j.size * ('{1,10,100,1000,10000}'::integer[])[j.size_scale + 1])::integer as units
        from judged as j
        where j.is_plain
    ),

    packed as (
        insert into market_data.packed_trades
        select
            wanted_day, m.market_ticker, count(*), m.time_digits, m.is_block_trade, m.taker_side is not null,
            m.price_scale, m.size_scale, min(m.gatherer_id), array_agg(m.uuid order by m.number),
            array_agg((m.moment / 1000)::integer order by m.number),
            case
                when bool_or(m.moment % 1000 <> 0) then array_agg((m.moment % 1000)::smallint order by m.number)
            end,
            array_agg(m.price::smallint order by m.number), array_agg(m.units order by m.number),
            array_agg(m.delay order by m.number),
            case when max(m.gatherer_id) > min(m.gatherer_id) then array_agg(m.gatherer_id order by m.number) end,
            null::jsonb
        from measured as m
        group by
            m.market_ticker, m.time_digits, m.is_block_trade, m.taker_side is not null, m.price_scale, m.size_scale
        union all
        select
            wanted_day, j.market_ticker, count(*), null, null, false, 0, 0, 0, '{}', '{}', null, '{}', '{}', '{}', null,
            jsonb_agg(to_jsonb(j) - '{market_ticker,price_scale,size_scale,is_plain}'::text[])
        from judged as j
        where not j.is_plain
        group by j.market_ticker
    )

    select count(*), max(r.market_ticker) from removed as r;
$$;

comment on function ops.pack_trades is 'Move hot trades of a day into packed rows.';
