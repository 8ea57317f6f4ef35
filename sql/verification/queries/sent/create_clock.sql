-- Create the function that reads the clock of a published message: a whole number in any form.
-- Parameters of the function: sent, the field
-- Writes: pg_temp.sent_clock
-- Returns: nothing; the function returns null for what is no clock
create or replace function pg_temp.sent_clock(sent jsonb) returns bigint
language sql
immutable
as $$
    select case
        when sent #>> '{}' !~ '^-?\d{1,40}([.]\d{1,40})?([eE][+-]?\d{1,3})?$' then null
        when (sent #>> '{}')::numeric not between 0 and 9223372036854775807 then null
        when (sent #>> '{}')::numeric = trunc((sent #>> '{}')::numeric) then (sent #>> '{}')::numeric::bigint
    end
    where jsonb_typeof(sent) in ('number', 'string');
$$;
