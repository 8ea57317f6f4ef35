-- Merge staged order-book deltas. If all rows of a change have the same labels, this is a multiset union: production
-- holds a change as often as the gatherer that received it most often. The other rows are merged by
-- ops.merge_mixed_deltas.
-- Reads: pg_temp.stage
-- Writes: market_data.hot_orderbook_deltas, ops.delta_labels, ops.delta_evidence, ops.late_rows
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
mixed as materialized (
    select * from ops.merge_mixed_deltas()
),

inserted as (
    insert into market_data.hot_orderbook_deltas (
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
    )
    select distinct on (exchange_ts, market_ticker, clock, side, price, size_delta, occurrence)
        exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at, gatherer_id, time_digits
    from stage
    where
        ctid not in (
            select unnest(m.places) from mixed as m
            union all
            select c.place from ops.packed_copies() as c (place)
        )
    order by exchange_ts, market_ticker, clock, side, price, size_delta, occurrence, received_at
    on conflict do nothing
    returning
        date_bin('1 h', exchange_ts, '2000-01-01 00:00:00+00') as touched_hour, exchange_ts, market_ticker, gatherer_id
),

-- Rows that upkeep may have passed already; ops.settled_until relies on the 30 s.
late as (
    insert into ops.late_rows (stream, market_ticker, during)
    select 'orderbook_deltas' as stream, market_ticker, tstzrange(min(exchange_ts), max(exchange_ts), '[]') as during
    from inserted
    where exchange_ts < (select now() - interval '30 s')
    group by market_ticker
)

select gatherer_id, touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour
union all
select gatherer_id, touched_hour, new_rows
from mixed
where gatherer_id is not null;
