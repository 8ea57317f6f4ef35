-- Create the function that reads a whole number of a published message.
-- Parameters of the function: sent, the field
-- Writes: pg_temp.sent_number
-- Returns: nothing; the function returns null for what is no bigint
create or replace function pg_temp.sent_number(sent jsonb) returns bigint
language sql
immutable
as $$
    select case
        when jsonb_typeof(sent) = 'number' and pg_input_is_valid(sent #>> '{}', 'bigint')
            then (sent #>> '{}')::bigint
    end;
$$;
