-- Count production's changes in the intervals of ops.line_counts that are due. A connection that proved its book
-- received every change of the interval exactly once, so production holds neither fewer nor more.
-- Changes at the two limits are left out. The intervals of a connection overlap, so that each change lies between the
-- limits of one of them.
-- A change whose own time production knows to the second only, or not at all, may lie on either side of a limit.
-- An interval that disagrees is counted again after 1, 4, 16, ... minutes, since changes may be on their way. From the
-- third time on it is a finding. An interval whose changes production has dropped is not counted: one that is no
-- finding yet is forgotten, and a finding stays as it is.
-- Parameters: counts_max, how many intervals one call counts
-- Reads: market_data.orderbook_deltas, ops.dropped_partitions
-- Writes: ops.line_counts, ops.line_checks, ops.market_minutes_due
-- Returns: how many intervals were counted, and how many of them agree
create or replace function ops.count_line_changes(counts_max integer default 1000)
returns table (counted bigint, agreed bigint)
language plpgsql
set plan_cache_mode = force_custom_plan
as $$
declare
    settled timestamptz := ops.settled_until();
    first_at timestamptz;
    last_at timestamptz;
begin
    -- Only the partitions of these times are planned.
    select min(c.from_change_at) - interval '5 s', max(c.until_change_at) + interval '5 s' into first_at, last_at
    from ops.line_counts as c
    where c.check_again_at <= now() and c.until_change_at < settled;
    return query
    with
    due as materialized (
        select
            c.ctid as place, c.*, coalesce(lower(ops.counted_time(c)), c.from_at) as began_at,
            exists (
                select
                from ops.dropped_partitions as p
                where
                    p.stream = 'orderbook_deltas'
                    and p.during && tstzrange(
                        c.from_change_at - interval '5 s', c.until_change_at + interval '5 s', '[]'
                    )
            ) as is_dropped
        from ops.line_counts as c
        where c.check_again_at <= now() and c.until_change_at < settled
        order by c.check_again_at
        limit counts_max
    ),

    held as materialized (
        select d.*, h.surely, h.perhaps
        from due as d
        cross join lateral ops.count_changes(d.market_ticker, d.from_change_at, d.until_change_at, first_at, last_at) as h
        where not d.is_dropped
    ),

    forgotten as (
        delete from ops.line_counts as c using due as d
        where c.ctid = d.place and d.is_dropped and not d.is_finding
    ),

    ended as (
        update ops.line_counts as c set check_again_at = null
        from due as d
        where c.ctid = d.place and d.is_dropped and d.is_finding
    ),

    judged as materialized (
        select h.*, h.inner_count between h.surely and h.perhaps as agrees from held as h
    ),

    confirmed as (
        delete from ops.line_counts as c using judged as j where c.ctid = j.place and j.agrees
    ),

    credited as (
        update ops.line_checks as k
        set counted_checks = k.counted_checks + j.checks, counted_changes = k.counted_changes + j.changes
        from (
            select
                each.market_ticker, each.run_from_at, each.gatherer_id, each.epoch, each.connection_id, each.sid,
                each.run_frame, count(*) as checks, sum(each.inner_count)::bigint as changes
            from judged as each
            where each.agrees
            group by
                each.market_ticker, each.run_from_at, each.gatherer_id, each.epoch, each.connection_id, each.sid,
                each.run_frame
        ) as j
        where
            k.market_ticker = j.market_ticker and k.from_at = j.run_from_at
            and (k.gatherer_id, k.epoch, k.connection_id, k.sid) = (j.gatherer_id, j.epoch, j.connection_id, j.sid)
            and k.frame_number = j.run_frame
    ),

    disputed as (
        update ops.line_counts as c
        set
            held_count = j.surely, held_count_max = j.perhaps, counts_agree = false,
            attempts = least(c.attempts + 1, 1000), checked_at = now(),
            check_again_at = case when c.attempts < 6 then now() + interval '1 min' * 4 ^ c.attempts end
        from judged as j
        where c.ctid = j.place and not j.agrees
    ),

    touched as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select 'orderbook_deltas' as stream, j.market_ticker,
            tstzrange(j.began_at, j.until_at, '[]') as during
        from judged as j
        where (j.agrees and j.is_finding) or (not j.agrees and j.attempts >= 2)
    )

    select count(*) as counted, count(*) filter (where j.agrees) as agreed from judged as j;
end;
$$;

comment on function ops.count_line_changes is
'Count production''s changes in the intervals that connections proved, and compare the numbers.';
