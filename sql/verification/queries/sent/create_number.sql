-- Create the function that reads a whole number of a published message.
-- Parameters of the function: sent, the field
-- Writes: pg_temp.sent_number
-- Returns: nothing; the function returns null for what is no bigint
create or replace function pg_temp.sent_number(sent jsonb) returns bigint
language sql
immutable
as $$
    select case
        when jsonb_typeof(sent) <> 'number' or sent #>> '{}' !~ '^-?\d{1,19}$' then null
        when (sent #>> '{}')::numeric between -9223372036854775808 and 9223372036854775807
            then (sent #>> '{}')::bigint
    end;
$$;
