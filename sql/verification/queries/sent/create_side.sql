-- Create the function that reads the taker's side of a published trade, from the newest field that names it.
-- Parameters of the function: msg, the body
-- Writes: pg_temp.sent_side
-- Returns: nothing; the function returns yes or no, null if the trade names no taker, and an empty text if a field
-- without a successor in the trade names what no reader accepts
create or replace function pg_temp.sent_side(msg jsonb) returns text
language sql
immutable
as $$
    with
    sent as (
        select
            nullif(nullif(msg -> 'taker_outcome_side', 'null'), '""') as outcome,
            nullif(nullif(msg -> 'taker_book_side', 'null'), '""') as book,
            nullif(nullif(msg -> 'taker_side', 'null'), '""') as earlier
    )

    select case
        when outcome not in ('"yes"', '"no"') and earlier is null then ''
        when book not in ('"bid"', '"ask"') and outcome is null then ''
        when outcome in ('"yes"', '"no"') then outcome #>> '{}'
        when book = '"bid"' then 'yes'
        when book = '"ask"' then 'no'
        when earlier in ('"yes"', '"no"') then earlier #>> '{}'
    end
    from sent;
$$;
