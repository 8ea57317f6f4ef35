-- Convert text that the exchange sent to a boolean.
-- Parameters: sent, the text
-- Returns: true or false; null for any other text
create or replace function ops.try_boolean(sent text) returns boolean
language sql
immutable
as $$
    select case sent when 'true' then true when 'false' then false end;
$$;

comment on function ops.try_boolean is 'The boolean that a text stands for, or null.';
