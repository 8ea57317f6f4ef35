-- Merge staged comparisons of order books. Equal ones that follow each other on a subscription are one row of
-- ops.line_checks, which grows until midnight (UTC). Each difference is a row of its own.
-- Parameters: line_check_sample_one_in integer: production's changes are counted in one equal comparison of this many
-- Reads: pg_temp.stage
-- Writes: ops.line_checks, ops.line_counts, ops.market_minutes_due
-- Returns: per gatherer and hour of the archive that they touch, how many comparisons were new that end in it
with
news as materialized (select * from ops.new_line_checks()),

written as (
    insert into ops.line_checks as k (
        market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number, until_frame, until_at, from_seq,
        until_seq, from_clock, until_clock, from_change_at, until_change_at, check_count, change_count, level_count,
        is_equal, wrong_level_count, difference
    )
    select
        market_ticker, run_from_at, gatherer_id, epoch, connection_id, sid, run_frame, frame_number, until_at,
        run_seq, until_seq, run_clock, until_clock, run_change_at, until_change_at, run_checks, run_changes,
        level_count, is_equal, wrong_level_count, difference
    from news where is_last
    on conflict (market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number) do update
        set
            until_frame = excluded.until_frame, until_at = excluded.until_at, until_seq = excluded.until_seq,
            until_clock = excluded.until_clock, until_change_at = excluded.until_change_at,
            check_count = k.check_count + excluded.check_count, change_count = k.change_count + excluded.change_count,
            level_count = excluded.level_count
),

counted_later as (
    insert into ops.line_counts (
        market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number, run_from_at, run_frame, until_at,
        from_change_at, until_change_at, inner_count, check_again_at
    )
    select
        market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number, run_from_at, run_frame, until_at,
        from_change_at, until_change_at, inner_count, until_at + interval '3 min' as check_again_at
    from news
    where
        is_equal and inner_count is not null and from_change_at + interval '1 ms' < until_change_at
        and mod(hashtext(market_ticker || extract(epoch from until_at)), %(line_check_sample_one_in)s::integer) = 0
    on conflict do nothing
),

due as (
    insert into ops.market_minutes_due (stream, market_ticker, during)
    select 'orderbook_deltas' as stream, n.market_ticker, u.part as during
    from news as n
    cross join lateral ops.line_proofs(n.market_ticker, tstzrange(n.from_at, n.until_at)) as p
    cross join
        unnest(tstzmultirange(tstzrange(n.from_at, n.until_at)) - case when n.is_equal then p.proven else '{}' end)
            as u (part)
)

select
    n.gatherer_id, case when ops.is_derivable('book_checks', h.hour) then h.hour end as touched_hour,
    count(*) filter (where h.hour = date_trunc('hour', n.until_at, 'UTC')) as new_rows
from news as n
cross join generate_series(date_trunc('hour', n.from_at, 'UTC'), n.until_at, interval '1 h') as h (hour)
group by n.gatherer_id, h.hour;
