-- Say why production refuses a whole order book.
-- Parameters: moment, its time; prices of all its levels in dollars; late_days_max, how old it may be
-- Returns: the reason, null for a book that is accepted
create or replace function ops.refusal_of_book(
    moment timestamptz, prices numeric[], late_days_max integer
) returns text
language sql
stable
as $$
    select ops.refusal(moment, min(p), max(p), late_days_max) from unnest(prices) as p;
$$;

comment on function ops.refusal_of_book is 'Why production refuses an order book; null for one that is accepted.';
