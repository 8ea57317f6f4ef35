-- Find out why production rejects a whole order book.
-- Parameters: row_at, its time; prices of all its levels in dollars; accepted_from and accepted_until as for
-- ops.rejection_reason
-- Returns: the reason; null for a book that is accepted
create or replace function ops.rejection_reason_of_book(
    row_at timestamptz, prices numeric[], accepted_from timestamptz, accepted_until timestamptz
) returns text
language sql
immutable
as $$
    select ops.rejection_reason(row_at, min(p), max(p), accepted_from, accepted_until) from unnest(prices) as p;
$$;

comment on function ops.rejection_reason_of_book is
'Why production rejects an order book; null for one that is accepted.';
