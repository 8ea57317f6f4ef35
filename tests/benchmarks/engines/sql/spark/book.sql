-- The book of a market at a moment, by the rule of production's market_data.book_at.
-- Parameters: market; at; day, that of the moment
-- Reads: snapshots, deltas
-- Returns: market_ticker, side, price, size
with newest as (
    select
        max_by(
            struct(
                received_at, clock, clock > 0 or occurrence = 0 as has_clock, last_change_at, gatherer_id, yes_levels,
                no_levels
            ),
            struct(received_at, clock)
        ) as b
    from snapshots
    where
        market_ticker = %(market)s and received_at <= timestamp %(at)s
        and date between date_sub(date %(day)s, 1) and date %(day)s
),

level as (
    select 'yes' as side, inline(b.yes_levels) as (price, size) from newest
    union all
    select 'no' as side, inline(b.no_levels) as (price, size) from newest
    union all
    select d.side, d.price, d.size_delta as size
    from deltas as d
    cross join newest
    where
        d.market_ticker = %(market)s and d.exchange_ts <= timestamp %(at)s
        and d.date between date_sub(date %(day)s, 2) and date %(day)s
        and d.exchange_ts > newest.b.received_at - interval 5 minutes
        and (newest.b.has_clock or newest.b.received_at < timestamp %(at)s)
        and case
            when newest.b.has_clock and d.clock > 0 then d.clock > newest.b.clock
            when d.time_digits >= 3 and newest.b.last_change_at is not null
                then
                    d.exchange_ts >= newest.b.last_change_at + interval 1 millisecond
                    or (
                        d.exchange_ts >= newest.b.last_change_at and d.gatherer_id = newest.b.gatherer_id
                        and d.received_at > newest.b.received_at
                    )
            else d.received_at > newest.b.received_at
        end
)

select %(market)s as market_ticker, side, price, sum(size) as size
from level
group by side, price
having sum(size) <> 0
