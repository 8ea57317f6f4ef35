-- Restore the states of minutes from a file of the archive's coverage. Minutes that production has classified keep
-- their state.
-- Reads: pg_temp.archived_rows
-- Writes: ops.classified_minutes
-- Returns: nothing
with days as (
    select
        r.stream,
        r.market_ticker,
        (r.from_at at time zone 'UTC')::date as day,
        coalesce(range_agg(tstzrange(r.from_at, r.to_at)) filter (where r.state = 'proven'), '{}') as proven,
        coalesce(range_agg(tstzrange(r.from_at, r.to_at)) filter (where r.state = 'covered'), '{}') as covered,
        coalesce(range_agg(tstzrange(r.from_at, r.to_at)) filter (where r.state = 'repaired'), '{}') as repaired,
        coalesce(range_agg(tstzrange(r.from_at, r.to_at)) filter (where r.state = 'gap'), '{}') as gap,
        -- Production derives again which of them are halted.
        coalesce(range_agg(tstzrange(r.from_at, r.to_at)) filter (where r.state in ('idle', 'halted')), '{}') as idle
    from archived_rows as r
    group by r.stream, r.market_ticker, day
),

fresh as (
    select
        d.*,
        coalesce(k.proven + k.covered + k.repaired + k.gap + k.idle, '{}') as held
    from days as d
    left join ops.classified_minutes as k
        on d.stream = k.stream and d.market_ticker = k.market_ticker and d.day = k.day
)

insert into ops.classified_minutes as k (stream, market_ticker, day, proven, covered, repaired, gap, idle)
select
    f.stream,
    f.market_ticker,
    f.day,
    f.proven - f.held as proven,
    f.covered - f.held as covered,
    f.repaired - f.held as repaired,
    f.gap - f.held as gap,
    f.idle - f.held as idle
from fresh as f
order by f.stream, f.market_ticker, f.day
on conflict (stream, market_ticker, day) do update
    set
        proven = k.proven + excluded.proven,
        covered = k.covered + excluded.covered,
        repaired = k.repaired + excluded.repaired,
        gap = k.gap + excluded.gap,
        idle = k.idle + excluded.idle;
