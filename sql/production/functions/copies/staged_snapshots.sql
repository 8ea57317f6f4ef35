-- Make one row of all staged copies of a snapshot. Snapshots with the same clock show the same state of a book. A
-- snapshot without a clock, but with the time of the last change before it, is a copy of the state of that day that has
-- equal levels and the same last change. If there is no such state, the time of the last change identifies it, and its
-- occurrence is 1. A snapshot that has neither is identified by its levels and its number in the hour. Snapshots that
-- packed rows hold are left out.
-- Reads: pg_temp.stage, pg_temp.packed_copies, market_data.hot_orderbook_snapshots
-- Returns: one row per state, with what any of its copies has, and the time from which on the state is held once
create or replace function ops.staged_snapshots() returns table (
    received_at timestamptz, market_ticker text, market_id text, clock bigint, levels_sha256 bytea, occurrence integer,
    yes_prices numeric[], yes_sizes numeric[], no_prices numeric[], no_sizes numeric[], gatherer_id smallint,
    last_change_at timestamptz, began_at timestamptz, ended_at timestamptz
)
language sql
as $$
    with
    placed as materialized (
        select s.*, date_trunc('day', s.received_at, 'UTC') as day from pg_temp.stage as s
        where s.ctid not in (select c.place from ops.packed_copies() as c (place))
    ),

    named as (
        select
            p.*,
            (
                select min(c.clock)
                from (
                    select o.clock from placed as o
                    where
                        (o.market_ticker, o.levels_sha256, o.day, o.last_change_at, o.occurrence)
                        = (p.market_ticker, p.levels_sha256, p.day, p.last_change_at, 0)
                    union all
                    select k.clock from market_data.hot_orderbook_snapshots as k
                    where
                        k.received_at >= p.day and k.received_at < p.day + interval '1 day'
                        and (k.market_ticker, k.levels_sha256, k.last_change_at, k.occurrence)
                        = (p.market_ticker, p.levels_sha256, p.last_change_at, 0)
                ) as c
                where p.occurrence > 0 and p.last_change_at is not null
            ) as copied_clock
        from placed as p
    ),

    state as (
        select
            n.received_at, n.market_ticker, n.market_id, coalesce(n.copied_clock, n.clock) as clock, n.levels_sha256,
            case
                when n.copied_clock is not null then 0
                when n.last_change_at is not null then least(n.occurrence, 1)
                else n.occurrence
            end as occurrence,
            n.yes_prices, n.yes_sizes, n.no_prices, n.no_sizes, n.gatherer_id, n.last_change_at,
            case when n.occurrence > 0 and n.last_change_at is null then 'hour' else 'day' end as cell
        from named as n
    )

    select distinct on (s.market_ticker, s.levels_sha256, s.clock, s.occurrence, s.cell, b.began_at, t.known_by)
        s.received_at, s.market_ticker, max(s.market_id) over same_state, s.clock, s.levels_sha256, s.occurrence,
        s.yes_prices, s.yes_sizes, s.no_prices, s.no_sizes, s.gatherer_id, min(s.last_change_at) over same_state,
        b.began_at, b.began_at + ('1 ' || s.cell)::interval
    from state as s
    cross join lateral (select date_trunc(s.cell, s.received_at, 'UTC') as began_at) as b
    cross join lateral (select case when s.occurrence > 0 then s.last_change_at end as known_by) as t
    window same_state as (
        partition by s.market_ticker, s.levels_sha256, s.clock, s.occurrence, s.cell, b.began_at, t.known_by
    )
    order by s.market_ticker, s.levels_sha256, s.clock, s.occurrence, s.cell, b.began_at, t.known_by, s.received_at;
$$;

comment on function ops.staged_snapshots is 'One row of all staged copies of each snapshot.';
