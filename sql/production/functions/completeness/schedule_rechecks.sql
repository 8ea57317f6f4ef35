-- Mark the minutes, book checks and disputed counts that late rows affect as due again. ops.check_books handles late
-- snapshots themselves.
-- Parameters: marks_max, how many rows of ops.late_rows are taken
-- Writes: ops.late_rows, ops.book_checks, ops.line_counts, ops.market_minutes_due, ops.archive_partitions
-- Returns: how many rows of ops.late_rows were taken
create or replace function ops.schedule_rechecks(marks_max integer default 10000) returns bigint
language plpgsql
as $$
declare
    taken bigint;
begin
    perform ops.mark_late_books();
    with
    late as materialized (
        delete from ops.late_rows as r
        where r.ctid = any(array(
            select each.ctid from ops.late_rows as each where each.stream <> 'orderbook_snapshots' limit marks_max
        ))
        returning r.stream, r.market_ticker, r.during
    ),

    book as (
        update ops.book_checks as b set check_again_at = now()
        from late as l
        cross join lateral ops.book_checks_touched(l.market_ticker, l.during, interval '5 min') as c
        where l.stream = 'orderbook_deltas' and b.ctid = c.place
    ),

    disputed as (
        update ops.line_counts as c set check_again_at = now()
        from late as l
        where
            l.stream = 'orderbook_deltas' and c.market_ticker = l.market_ticker and not c.counts_agree
            and c.from_change_at <= upper(l.during) and c.until_change_at >= lower(l.during)
    ),

    due as (
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select l.stream, case when s.is_by_market then l.market_ticker else '' end, l.during
        from late as l
        inner join ops.classified_streams() as s on l.stream = s.stream
    )

    select count(*) into taken from late;

    update ops.book_checks as b set check_again_at = now()
    from ops.late_rows as l
    cross join lateral ops.book_checks_touched(l.market_ticker, l.during, interval '0') as c
    where l.stream = 'orderbook_snapshots' and b.ctid = c.place and coalesce(b.check_again_at > now(), true);
    return taken;
end;
$$;

comment on function ops.schedule_rechecks is
'Mark the minutes and book checks that late rows affect as due again.';
