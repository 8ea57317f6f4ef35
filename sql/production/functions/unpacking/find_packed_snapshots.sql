-- Find staged order-book snapshots that packed rows hold with all that the staged ones know. If one staged snapshot of
-- a market and day says something new, or has no clock, none of that market and day is left out, because it may say
-- something about the others.
-- Parameters: days, those to look at
-- Reads: pg_temp.stage, market_data.snapshots_unpacked
-- Writes: pg_temp.packed_copies
-- Returns: nothing
create or replace function ops.find_packed_snapshots(days timestamptz[]) returns void
language plpgsql
as $$
begin
    with
    staged as materialized (
        select s.ctid as place, s.*, date_bin('24 h', s.received_at, '2000-01-01 00:00:00+00') as day
        from pg_temp.stage as s
    ),

    held as materialized (
        select
            u.day, u.market_ticker, u.clock, u.levels_sha256, u.occurrence, u.market_id, u.last_change_at,
            max(u.occurrence) over (partition by u.day, u.market_ticker) = 0 as have_clocks
        from (select distinct e.day, e.market_ticker from staged as e) as m
        inner join market_data.snapshots_unpacked as u on m.day = u.day and m.market_ticker = u.market_ticker
        where u.day = any(days)
    ),

    compared as (
        select
            s.place,
            bool_and(
                s.occurrence = 0 and coalesce(h.have_clocks, false)
                and greatest(coalesce(s.market_id, ''), h.market_id) = h.market_id
                and least(s.last_change_at, h.last_change_at) is not distinct from h.last_change_at
            ) over (partition by s.market_ticker, s.day) as is_copy
        from staged as s
        left join held as h
            on
                s.day = h.day and s.market_ticker = h.market_ticker and h.occurrence = 0
                and s.clock = h.clock and s.levels_sha256 = h.levels_sha256
    )

    insert into pg_temp.packed_copies (place)
    select distinct c.place from compared as c where c.is_copy;
end;
$$;

comment on function ops.find_packed_snapshots is 'Find staged order-book snapshots that packed rows hold.';
