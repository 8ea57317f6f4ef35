-- Every market's order book at a moment: its last snapshot by then, and the changes after it, by the rule of
-- production's market_data.book_at. A market that is not there is not known: it has no snapshot by then, or the archive
-- lacks an hour since. Gaps are not looked for.
-- Parameters: moment, a time as text or timestamptz
-- Reads: snapshots and deltas of the day and the day before, recorded_since
-- Returns: market_ticker, side, price in dollars on the scale of its side, size in contracts; a book that is known and
-- empty is a row of nulls; an error if the archive lacks the hour of the moment
create or replace macro books_at(moment) as table
    with base as (
        select
            market_ticker,
            max_by(
                struct_pack(
                    received_at,
                    clock,
                    has_clock := clock > 0 or occurrence = 0,
                    last_change_at,
                    gatherer_id,
                    yes_levels,
                    no_levels
                ),
                (received_at, clock)
            ) as b
        from snapshots
        inner join recorded_since(moment) on received_at >= since_at
        where
            received_at <= moment::timestamptz
            and date between (moment::timestamptz)::date - 1 and (moment::timestamptz)::date
        group by market_ticker
    ),

    change as (
        select market_ticker, 'yes' as side, unnest(b.yes_levels, recursive := true) from base
        union all by name
        select market_ticker, 'no' as side, unnest(b.no_levels, recursive := true) from base
        union all by name
        select d.market_ticker, d.side, d.price, d.size_delta as size
        from deltas as d
        inner join base as s on d.market_ticker = s.market_ticker
        where
            d.exchange_ts <= moment::timestamptz
            and d.exchange_ts > s.b.received_at - interval 5 minutes
            and d.date between (moment::timestamptz)::date - 2 and (moment::timestamptz)::date
            and (s.b.has_clock or s.b.received_at < moment::timestamptz)
            and case
                when s.b.has_clock and d.clock > 0 then d.clock > s.b.clock
                when d.time_digits >= 3 and s.b.last_change_at is not null
                    then
                        d.exchange_ts >= s.b.last_change_at + interval 1 millisecond
                        or (
                            d.exchange_ts >= s.b.last_change_at and d.gatherer_id = s.b.gatherer_id
                            and d.received_at > s.b.received_at
                        )
                else d.received_at > s.b.received_at
            end
    ),

    level as (
        select market_ticker, side, price, sum(size)::decimal(18, 6) as size
        from change
        group by market_ticker, side, price
        having sum(size) <> 0
    )

    select base.market_ticker, level.side, level.price, level.size
    from base
    left join level on base.market_ticker = level.market_ticker
    order by base.market_ticker asc, level.side desc, level.price desc;
