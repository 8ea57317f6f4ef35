-- Mark the hours of the archive's books that late rows changed: from a late row until a snapshot that surely holds it.
-- Reads: ops.late_rows, market_data.hot_orderbook_snapshots
-- Writes: what ops.mark_books writes
-- Returns: nothing
create or replace function ops.mark_late_books() returns void
language sql
as $$
    select ops.mark_books(range_agg(tstzrange(lower(l.during), s.held_at, '[]')))
    from ops.late_rows as l
    cross join lateral (
        select
            least(
                upper(l.during) + interval '2 days',
                (
                    select min(each.received_at) from market_data.hot_orderbook_snapshots as each
                    where
                        each.market_ticker = l.market_ticker
                        -- Changes count if they are up to 5 min older than a snapshot.
                        and each.received_at > upper(l.during) + interval '5 min'
                )
            ) as held_at
    ) as s
    where l.stream in ('orderbook_deltas', 'orderbook_snapshots') and not isempty(l.during)
    having count(*) > 0;
$$;

comment on function ops.mark_late_books is 'Mark the hours of the archive''s books that late rows changed.';
