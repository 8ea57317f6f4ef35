-- Find the checked intervals of a market's book that late rows touch.
-- Parameters: wanted_ticker; wanted, the rows' times; margin, how far beyond an interval its changes may lie
-- Reads: ops.book_checks
-- Returns: where the rows lie in the table, by an index of the one market and no further than two days away, as long as
-- an interval can be
create or replace function ops.book_checks_touched(wanted_ticker text, wanted tstzrange, margin interval)
returns table (place tid)
language sql
stable
as $$
    select b.ctid as place
    from ops.book_checks as b
    where
        b.market_ticker = wanted_ticker
        and b.until_at >= lower(wanted) - margin
        and b.until_at <= upper(wanted) + margin + interval '2 days'
        and tstzrange(b.from_at - margin, b.until_at + margin, '[]') && wanted
    offset 0;
$$;

comment on function ops.book_checks_touched is 'The checked intervals of a market''s book that late rows touch.';
