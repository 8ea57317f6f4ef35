-- Merge staged order-book snapshots: one of each clock and levels a day; without a clock one of each number an hour.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage
-- Writes: market_data.orderbook_snapshots, ops.rejected_rows
-- Returns: per gatherer how many rows were new and rejected, by the hours they fall into
with judged as not materialized (
    select
        s.*,
        ops.refusal_of_book(
            s.received_at, s.yes_prices || s.no_prices,
            (select lower(ops.accepted(%(late_days_max)s))), (select upper(ops.accepted(%(late_days_max)s)))
        ) as reason,
        case when s.occurrence > 0 then interval '1 hour' else interval '1 day' end as cell
    from stage as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'orderbook_snapshots' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id, reason
),

candidate as (
    select distinct on (market_ticker, clock, levels_sha256, occurrence, began_at) *
    from (select *, date_bin(cell, received_at, '2000-01-01 00:00:00+00') as began_at from judged) as placed
    where reason is null
    order by market_ticker, clock, levels_sha256, occurrence, began_at, received_at
),

inserted as (
    insert into market_data.orderbook_snapshots (
        received_at, market_ticker, market_id, clock, levels_sha256, occurrence, yes_prices, yes_sizes,
        no_prices, no_sizes, gatherer_id
    )
    select
        c.received_at, c.market_ticker, c.market_id, c.clock, c.levels_sha256, c.occurrence, c.yes_prices,
        c.yes_sizes, c.no_prices, c.no_sizes, c.gatherer_id
    from candidate as c
    where
        not exists (
            select from market_data.orderbook_snapshots as known
            where
                known.market_ticker = c.market_ticker
                and known.received_at >= c.began_at and known.received_at < c.began_at + c.cell
                and (known.clock, known.levels_sha256, known.occurrence) = (c.clock, c.levels_sha256, c.occurrence)
        )
    order by c.received_at, c.market_ticker
    on conflict do nothing
    returning date_bin('1 hour', received_at, '2000-01-01 00:00:00+00') as touched_hour, gatherer_id
)

select gatherer_id, touched_hour, count(*) filter (where reason is null) as new_rows, count(reason) as rejected_rows
from (
    select gatherer_id, touched_hour, null as reason from inserted
    union all
    select gatherer_id, null as touched_hour, reason from refused
) as r
group by gatherer_id, touched_hour;
