-- Create the function that reads the taker's side of a published trade, from the newest field that names it.
-- Parameters of the function: msg, the body
-- Writes: pg_temp.sent_side
-- Returns: nothing; the function returns yes or no, and null if the trade names no taker
create or replace function pg_temp.sent_side(msg jsonb) returns text
language sql
immutable
as $$
    select coalesce(
        nullif(msg ->> 'taker_outcome_side', ''),
        case msg ->> 'taker_book_side' when 'bid' then 'yes' when 'ask' then 'no' end,
        case when msg ->> 'taker_side' in ('yes', 'no') then msg ->> 'taker_side' end
    );
$$;
