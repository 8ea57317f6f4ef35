-- Move hot order-book snapshots of a day into packed rows: one per market, its id and scales. What arrays cannot hold
-- becomes exact rows.
-- Parameters: wanted_day; first_ticker, the market to begin with; rows_max, how many snapshots one call moves
-- Writes: market_data.hot_orderbook_snapshots, market_data.packed_orderbook_snapshots
-- Returns: one row: how many snapshots were moved, and the last market
create or replace function ops.pack_snapshots(wanted_day timestamptz, first_ticker text, rows_max integer)
returns table (moved bigint, last_ticker text)
language sql
as $$
    with
    picked as materialized (
        select s.tableoid as part, s.ctid as place
        from market_data.hot_orderbook_snapshots as s
        where
            s.received_at >= wanted_day and s.received_at < wanted_day + interval '24 h'
            and s.market_ticker >= first_ticker
        order by s.market_ticker, s.received_at
        limit rows_max
    ),

    removed as (
        delete from market_data.hot_orderbook_snapshots as s using picked as p
        where
            s.received_at >= wanted_day and s.received_at < wanted_day + interval '24 h'
            and s.tableoid = p.part and s.ctid = p.place
        returning s.*
    ),

    scaled as (
        select
            r.*,
            case when d.are_lists then ops.levels_scale(r.yes_prices || r.no_prices, 32767) end as price_scale,
            case when d.are_lists then ops.levels_scale(r.yes_sizes || r.no_sizes, 2147483647) end as size_scale
        from removed as r
        -- An array with more dimensions, or places that do not begin with 1, is no list of levels.
        cross join lateral (
            select
                (array_dims(r.yes_prices), array_dims(r.no_prices))
                is not distinct from (array_dims(r.yes_sizes), array_dims(r.no_sizes))
                and coalesce(array_dims(r.yes_prices), '[1:') ~ '^\[1:[^:]*$'
                and coalesce(array_dims(r.no_prices), '[1:') ~ '^\[1:[^:]*$' as are_lists
        ) as d
    ),

    placed as materialized (
        select
            s.*, s.price_scale is not null and s.size_scale is not null as is_plain,
            row_number() over kind as number,
            sum(cardinality(s.yes_prices) + cardinality(s.no_prices)) over kind as no_end
        from scaled as s
        window kind as (
            partition by s.market_ticker, s.market_id, s.price_scale, s.size_scale
            order by s.received_at, s.clock, s.levels_sha256, s.occurrence, s.last_change_at
            rows unbounded preceding
        )
    ),

    -- One row per level, and one for a book without levels.
    level as (
        select
            p.market_ticker, p.market_id, p.price_scale, p.size_scale, p.number, p.received_at, p.clock,
            p.levels_sha256, p.occurrence, p.last_change_at, p.gatherer_id, p.no_end::integer as no_end,
            (p.no_end - cardinality(p.no_prices))::integer as yes_end, coalesce(l.number, 1) as place,
            (l.price * ('{1,10,100,1000,10000}'::integer[])[p.price_scale + 1])::smallint as price,
            (l.size * ('{1,10,100,1000,10000}'::integer[])[p.size_scale + 1])::integer as size
        from placed as p
        left join lateral unnest(p.yes_prices || p.no_prices, p.yes_sizes || p.no_sizes)
            with ordinality as l (price, size, number) on true
        where p.is_plain
    ),

    packed as (
        insert into market_data.packed_orderbook_snapshots
        select
            wanted_day, l.market_ticker, count(*) filter (where l.place = 1), l.market_id, l.price_scale, l.size_scale,
            min(l.received_at), min(l.gatherer_id),
            array_agg(l.received_at order by l.number, l.place) filter (where l.place = 1),
            array_agg(l.clock order by l.number, l.place) filter (where l.place = 1),
            array_agg(l.levels_sha256 order by l.number, l.place) filter (where l.place = 1),
            case
                when bool_or(l.occurrence <> 0)
                    then array_agg(l.occurrence order by l.number, l.place) filter (where l.place = 1)
            end,
            case
                when bool_or(l.last_change_at is not null)
                    then array_agg(l.last_change_at order by l.number, l.place) filter (where l.place = 1)
            end,
            case
                when max(l.gatherer_id) > min(l.gatherer_id)
                    then array_agg(l.gatherer_id order by l.number, l.place) filter (where l.place = 1)
            end,
            array_agg(l.yes_end order by l.number, l.place) filter (where l.place = 1),
            array_agg(l.no_end order by l.number, l.place) filter (where l.place = 1),
            coalesce(array_agg(l.price order by l.number, l.place) filter (where l.price is not null), '{}'),
            coalesce(array_agg(l.size order by l.number, l.place) filter (where l.price is not null), '{}'),
            null::jsonb
        from level as l
        group by l.market_ticker, l.market_id, l.price_scale, l.size_scale
        union all
        select
            wanted_day, p.market_ticker, count(*), '', 0, 0, min(p.received_at), 0, '{}', '{}', '{}', null, null, null,
            '{}', '{}', '{}', '{}',
            jsonb_agg(to_jsonb(p) - '{market_ticker,price_scale,size_scale,is_plain,number,no_end}'::text[])
        from placed as p
        where not p.is_plain
        group by p.market_ticker
    )

    select count(*), max(r.market_ticker) from removed as r;
$$;

comment on function ops.pack_snapshots is 'Move hot order-book snapshots of a day into packed rows.';
