-- List the order-book changes that a packed row holds of a time, exactly as they were before they were packed.
-- Parameters: packed, the row; from_at, until_at, changes at or after the first and before the second
-- Returns: the changes in the columns of market_data.orderbook_deltas
create or replace function market_data.unpacked_deltas(
    packed market_data.packed_orderbook_deltas, from_at timestamptz, until_at timestamptz
) returns table (
    exchange_ts timestamptz,
    market_ticker text,
    clock bigint,
    side text,
    price numeric,
    size_delta numeric,
    occurrence integer,
    received_at timestamptz,
    gatherer_id smallint,
    time_digits smallint
)
language sql
stable
as $$
    select
        packed.hour + (c.moment + 2147483648::bigint) * interval '1 us' as exchange_ts,
        packed.market_ticker,
        s.clock + coalesce(sum(c.clock_step) over (order by c.place), 0) as clock,
        case when c.price & 1 = 0 then 'yes' else 'no' end as side,
        (c.price >> 1) * ('{1,0.1,0.01,0.001,0.0001}'::numeric[])[packed.price_scale + 1] as price,
        c.size * ('{1,0.1,0.01,0.001,0.0001}'::numeric[])[packed.size_scale + 1] as size_delta,
        coalesce(c.occurrence, 0) as occurrence,
        packed.hour
        + (
            c.moment + 2147483648::bigint + packed.shortest_delay + c.low_delay + 32768
            + coalesce(c.high_delay, 0) * 65536::bigint
        ) * interval '1 us' as received_at,
        coalesce(c.gatherer_id, packed.gatherer_id) as gatherer_id,
        packed.time_digits
    from (
        select
            b.first, b.last,
            packed.lowest_clock
            + coalesce((select sum(k.step) from unnest(packed.clock_steps[:b.first - 1]) as k (step)), 0) as clock
        from (
            -- The changes are in the order of time, so the first and last ones are found without reading the others.
            select
                case
                    when from_at > packed.hour
                        then 1 + width_bucket((date_part('epoch', m.beginning) * 1e6 - 2147483649)::integer, packed.moments)
                    else 1
                end as first,
                case
                    when until_at > packed.hour
                        then width_bucket((date_part('epoch', m.ending) * 1e6 - 2147483649)::integer, packed.moments)
                    else 0
                end as last
            from (
                select
                    least(from_at, packed.hour + interval '1 h') - packed.hour as beginning,
                    least(until_at, packed.hour + interval '1 h') - packed.hour as ending
            ) as m
            offset 0
        ) as b
        offset 0
    ) as s
    cross join
        unnest(
            packed.moments[s.first:s.last], packed.clock_steps[s.first:s.last], packed.prices[s.first:s.last],
            packed.sizes[s.first:s.last], packed.low_delays[s.first:s.last], packed.high_delays[s.first:s.last],
            packed.occurrences[s.first:s.last], packed.gatherer_ids[s.first:s.last]
        ) with ordinality
            as c (moment, clock_step, price, size, low_delay, high_delay, occurrence, gatherer_id, place)
    union all
    select
        e.exchange_ts, packed.market_ticker, e.clock, e.side, e.price, e.size_delta, e.occurrence, e.received_at,
        e.gatherer_id, e.time_digits
    from jsonb_to_recordset(packed.exact_rows) as e (
        exchange_ts timestamptz, clock bigint, side text, price numeric, size_delta numeric, occurrence integer,
        received_at timestamptz, gatherer_id smallint, time_digits smallint
    )
    where e.exchange_ts >= from_at and e.exchange_ts < until_at;
$$;

comment on function market_data.unpacked_deltas is
'The order-book changes that a packed row holds of a time; market_data.deltas calls it.';
