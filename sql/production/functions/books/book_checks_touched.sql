-- Find a market's book checks whose interval late rows touch.
-- Parameters: wanted_ticker; wanted, the rows' times; margin, how far outside of an interval its changes may lie
-- Reads: ops.book_checks
-- Returns: the rows' places in the table
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
        -- No interval is longer than two days, so the index of one market finds them.
        and b.until_at <= upper(wanted) + margin + interval '2 days'
        and tstzrange(b.from_at - margin, b.until_at + margin, '[]') && wanted
    offset 0;
$$;

comment on function ops.book_checks_touched is 'A market''s book checks whose interval late rows touch.';
