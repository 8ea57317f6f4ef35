-- Merge staged order-book snapshots: equal clock and levels are one fact within a day, without a clock within 30 s.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage_orderbook_snapshots
-- Writes: market_data.orderbook_snapshots, ops.rejected_rows
-- Returns: per gatherer its watermark xid8 and how many rows were polled, new and rejected
with
judged as materialized (
    select s.*, ops.refusal_of_book(s.received_at, s.yes_prices || s.no_prices, %(late_days_max)s) as reason
    from stage_orderbook_snapshots as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'orderbook_snapshots' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id
),

candidate as (
    select
        *, case when clock = 0 then interval '30 s' else interval '1 day' end as same_within,
        received_at - lag(received_at) over (
            partition by market_ticker, clock, levels_sha256, occurrence order by received_at
        ) as since_equal
    from judged
    where reason is null
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
        coalesce(c.since_equal > c.same_within, true)
        and not exists (
            select from market_data.orderbook_snapshots as known
            where
                known.market_ticker = c.market_ticker
                and known.received_at between c.received_at - c.same_within and c.received_at + c.same_within
                and (known.clock, known.levels_sha256, known.occurrence) = (c.clock, c.levels_sha256, c.occurrence)
        )
    order by c.received_at, c.market_ticker
    on conflict do nothing
    returning gatherer_id
)

select
    j.gatherer_id,
    max(j.ingest_xid)::text as watermark,
    count(*) as polled_rows,
    (select count(*) from inserted as i where i.gatherer_id = j.gatherer_id) as new_rows,
    (select count(*) from refused as r where r.gatherer_id = j.gatherer_id) as rejected_rows
from judged as j
group by j.gatherer_id;
