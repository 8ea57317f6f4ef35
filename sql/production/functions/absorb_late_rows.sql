-- Let late rows be considered: minutes and checked intervals that they touch are due again. Late snapshots themselves
-- are left for ops.check_books.
-- Parameters: marks_max, how many notes are taken
-- Writes: ops.late_rows, ops.book_checks, ops.ledger_due
-- Returns: how many notes were taken
create or replace function ops.absorb_late_rows(marks_max integer default 10000) returns bigint
language plpgsql
as $$
declare
    taken bigint;
begin
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
        from (
            select l.market_ticker, range_agg(l.during) as during
            from late as l
            where l.stream = 'orderbook_deltas'
            group by l.market_ticker
        ) as l
        where
            b.market_ticker = l.market_ticker
            and b.until_at > lower(l.during) - interval '5 min'
            and b.from_at < upper(l.during) + interval '5 min'
            and tstzrange(b.from_at - interval '5 min', b.until_at + interval '5 min') && l.during
    ),

    due as (
        insert into ops.ledger_due (stream, market_ticker, during)
        select l.stream, case when s.is_by_market then l.market_ticker else '' end, l.during
        from late as l
        inner join ops.ledger_streams() as s on l.stream = s.stream
    )

    select count(*) into taken from late;

    update ops.book_checks as b set check_again_at = now()
    from ops.late_rows as l
    where
        l.stream = 'orderbook_snapshots'
        and b.market_ticker = l.market_ticker
        and b.until_at > lower(l.during)
        and b.from_at < upper(l.during)
        and coalesce(b.check_again_at > now(), true);
    return taken;
end;
$$;

comment on function ops.absorb_late_rows is
'Let late rows be considered in minutes and intervals that were judged already.';
