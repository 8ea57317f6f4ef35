-- Mark the hours of the archive's books that late rows changed: from a late row until a snapshot that surely holds it.
-- Reads: ops.late_rows, market_data.hot_orderbook_snapshots, market_data.packed_orderbook_snapshots
-- Writes: what ops.mark_books writes
-- Returns: nothing
create or replace function ops.mark_late_books() returns void
language sql
as $$
    select ops.mark_books(range_agg(tstzrange(lower(l.during), least(a.until_at, s.held_at), '[]')))
    from ops.late_rows as l
    cross join lateral (
        select
            -- Changes count if they are up to 5 min older than a snapshot.
            upper(l.during) + interval '5 min' as after_at,
            upper(l.during) + interval '2 days' as until_at
        offset 0
    ) as a
    cross join lateral (
        select min(each.received_at) as held_at
        from (
            select h.received_at
            from market_data.hot_orderbook_snapshots as h
            where h.market_ticker = l.market_ticker and h.received_at > a.after_at and h.received_at <= a.until_at
            union all
            -- The times are sorted, so the first one is found without unpacking a book.
            select p.times[width_bucket(a.after_at, p.times) + 1]
            from market_data.packed_orderbook_snapshots as p
            where
                p.market_ticker = l.market_ticker and p.day <= a.until_at
                and p.day >= date_bin('24 h', a.after_at, '2000-01-01 00:00:00+00')
        ) as each
    ) as s
    where l.stream in ('orderbook_deltas', 'orderbook_snapshots') and not isempty(l.during)
    having count(*) > 0;
$$;

comment on function ops.mark_late_books is 'Mark the hours of the archive''s books that late rows changed.';
