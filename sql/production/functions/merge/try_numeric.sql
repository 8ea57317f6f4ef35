-- Convert text that the exchange sent to a number, exactly.
-- Parameters: sent, the text
-- Returns: the number; null if the text is none, or has more digits than any amount
create or replace function ops.try_numeric(sent text) returns numeric
language sql
immutable
as $$
    select case when sent ~ '^-?[0-9]{1,20}([.][0-9]{1,20})?$' then sent::numeric end;
$$;

comment on function ops.try_numeric is 'Convert text that the exchange sent to a number; null if it is none.';
