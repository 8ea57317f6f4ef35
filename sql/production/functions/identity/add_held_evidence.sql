-- Add the evidence of rows that production holds, of neighbourhoods of which none is stored, and of rows that come back
-- from the archive. They say that there were as many changes as there are rows. Each row's count includes the rows
-- before it that may be the same change.
-- Reads: pg_temp.held_changes, pg_temp.found_evidence
-- Writes: pg_temp.evidence
-- Returns: nothing
create or replace function ops.add_held_evidence() returns void
language sql
volatile
as $$
    with
    given as (
        select
            h.neighbourhood, 'held' as source, h.market_ticker, h.side, h.price, h.size_delta, h.exchange_ts,
            h.time_digits, h.clock, h.occurrence, h.received_at, h.gatherer_id
        from pg_temp.held_changes as h
        where not exists (
            select from pg_temp.evidence as e
            where
                e.is_stored
                and (e.neighbourhood, e.exchange_ts, e.time_digits) = (h.neighbourhood, h.exchange_ts, h.time_digits)
        )
        union all
        select
            e.neighbourhood, f.source, f.market_ticker, f.side, f.price, f.size_delta, f.exchange_ts, f.time_digits,
            f.clock, 0 as occurrence, f.received_at, f.gatherer_id
        from pg_temp.found_evidence as f
        inner join pg_temp.evidence as e
            on
                (f.market_ticker, f.side, f.price, f.size_delta, f.exchange_ts, f.time_digits, f.began_at, f.clock)
                = (e.market_ticker, e.side, e.price, e.size_delta, e.exchange_ts, e.time_digits, e.began_at, e.clock)
        where f.source = 'restored'
    ),

    counted as (
        select
            neighbourhood, source, market_ticker, side, min(price) as price, min(size_delta) as size_delta, exchange_ts,
            time_digits, clock, count(*) as row_count, max(occurrence) + 1 as numbered, min(received_at) as received_at,
            min(gatherer_id) as gatherer_id, ops.window_begins_at(exchange_ts, time_digits, exchange_ts) as from_at,
            ops.window_ends_at(exchange_ts, time_digits) as until_at
        from given
        group by neighbourhood, source, market_ticker, side, exchange_ts, time_digits, clock
    )

    insert into pg_temp.evidence (
        neighbourhood, source, exchange_ts, market_ticker, side, price, size_delta, clock, time_digits, began_at,
        change_count, received_at, gatherer_id, from_at, until_at, is_stored, is_counted
    )
    select
        c.neighbourhood, c.source, c.exchange_ts, c.market_ticker, c.side, c.price, c.size_delta, c.clock,
        c.time_digits, c.exchange_ts,
        greatest(case when c.time_digits >= 0 then c.numbered end, c.row_count + coalesce(sum(o.row_count), 0)),
        c.received_at, c.gatherer_id, c.from_at, c.until_at, false, false
    from counted as c
    left join counted as o
        on
            (c.neighbourhood, c.source) = (o.neighbourhood, o.source)
            and (o.until_at - o.from_at, o.clock = 0, o.from_at, o.clock)
            < (c.until_at - c.from_at, c.clock = 0, c.from_at, c.clock)
            and o.from_at < c.until_at and o.until_at > c.from_at
            and (o.clock = c.clock or o.clock = 0 or c.clock = 0)
    group by
        c.neighbourhood, c.source, c.exchange_ts, c.market_ticker, c.side, c.price, c.size_delta, c.clock,
        c.time_digits, c.numbered, c.row_count, c.received_at, c.gatherer_id, c.from_at, c.until_at;
$$;

comment on function ops.add_held_evidence is 'Add what held rows say whose evidence is not stored.';
