-- Find the staged comparisons of order books that ops.line_checks does not hold yet, and the row of it that each goes
-- into. An equal one goes into the row of the one before it on its subscription if that began on the same day (UTC),
-- was equal, and ended with the snapshot that this one begins with. Any other begins a row.
-- Reads: pg_temp.stage, ops.line_checks
-- Returns: the comparisons in the columns of the stage, the times in order; run_from_at and run_frame, which with the
-- subscription are the key of the row; and of all staged ones of that row: their number, their changes, what the first
-- began with, and whether this is the last
create or replace function ops.new_line_checks() returns table (
    gatherer_id smallint,
    epoch uuid,
    frame_number bigint,
    connection_id bigint,
    sid integer,
    market_ticker text,
    from_at timestamptz,
    until_at timestamptz,
    from_seq bigint,
    until_seq bigint,
    from_clock bigint,
    until_clock bigint,
    from_change_at timestamptz,
    until_change_at timestamptz,
    change_count bigint,
    inner_count bigint,
    level_count integer,
    is_equal boolean,
    wrong_level_count integer,
    difference jsonb,
    run_from_at timestamptz,
    run_frame bigint,
    run_checks bigint,
    run_changes bigint,
    run_seq bigint,
    run_clock bigint,
    run_change_at timestamptz,
    is_last boolean
)
language plpgsql
stable
as $$
begin
    return query
    with
    staged as materialized (
        select distinct on (s.market_ticker, s.gatherer_id, s.epoch, s.connection_id, s.sid, s.frame_number)
            s.*, least(s.from_at, s.until_at) as began_at, greatest(s.from_at, s.until_at) as ended_at,
            date_trunc('day', least(s.from_at, s.until_at), 'UTC') as day
        from pg_temp.stage as s
        order by s.market_ticker, s.gatherer_id, s.epoch, s.connection_id, s.sid, s.frame_number
    ),

    met as materialized (
        select
            s.*, k.from_at as known_from_at, k.frame_number as known_frame,
            coalesce(
                s.is_equal and k.is_equal and k.until_at = s.began_at and k.until_seq is not distinct from s.from_seq
                and date_trunc('day', k.from_at, 'UTC') = s.day, false
            ) as continues_known
        from staged as s
        left join lateral (
            select each.*
            from ops.line_checks as each
            where
                each.market_ticker = s.market_ticker and each.gatherer_id = s.gatherer_id and each.epoch = s.epoch
                and each.connection_id = s.connection_id and each.sid = s.sid
                and each.from_at <= s.began_at and each.from_at > s.began_at - interval '2 days'
            order by each.from_at desc, each.frame_number desc
            limit 1
        ) as k on true
        where coalesce(k.until_frame < s.frame_number, true)
    ),

    compared as (
        select
            m.*,
            coalesce(
                m.is_equal and lag(m.is_equal) over line and lag(m.ended_at) over line = m.began_at
                and lag(m.until_seq) over line is not distinct from m.from_seq and lag(m.day) over line = m.day, false
            ) as continues_staged
        from met as m
        window line as (
            partition by m.market_ticker, m.gatherer_id, m.epoch, m.connection_id, m.sid order by m.frame_number
        )
    ),

    numbered as (
        select
            c.*,
            count(*) filter (where not c.continues_staged) over (
                partition by c.market_ticker, c.gatherer_id, c.epoch, c.connection_id, c.sid order by c.frame_number
            ) as run
        from compared as c
    )

    select
        n.gatherer_id, n.epoch, n.frame_number, n.connection_id, n.sid, n.market_ticker, n.began_at, n.ended_at,
        n.from_seq, n.until_seq, n.from_clock, n.until_clock, n.from_change_at, n.until_change_at, n.change_count,
        n.inner_count, n.level_count, n.is_equal, n.wrong_level_count, n.difference,
        first_value(case when n.continues_known then n.known_from_at else n.began_at end) over whole_run,
        first_value(case when n.continues_known then n.known_frame else n.frame_number end) over whole_run,
        count(*) over whole_run, (sum(n.change_count) over whole_run)::bigint, first_value(n.from_seq) over whole_run,
        first_value(n.from_clock) over whole_run, first_value(n.from_change_at) over whole_run,
        n.frame_number = max(n.frame_number) over whole_run
    from numbered as n
    window whole_run as (
        partition by n.market_ticker, n.gatherer_id, n.epoch, n.connection_id, n.sid, n.run order by n.frame_number
        rows between unbounded preceding and unbounded following
    );
end;
$$;

comment on function ops.new_line_checks is
'The staged comparisons of order books that are new, and the row of ops.line_checks that each belongs to.';
