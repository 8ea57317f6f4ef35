-- Say why production refuses a whole order book.
-- Parameters: moment, its time; prices of all its levels in dollars; oldest and newest, what is accepted
-- Returns: the reason, null for a book that is accepted
create or replace function ops.refusal_of_book(
    moment timestamptz, prices numeric[], oldest timestamptz, newest timestamptz
) returns text
language sql
immutable
as $$
    select ops.refusal(moment, min(p), max(p), oldest, newest) from unnest(prices) as p;
$$;

comment on function ops.refusal_of_book is 'Why production refuses an order book; null for one that is accepted.';
