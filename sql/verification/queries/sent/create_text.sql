-- Create the function that reads a name in a published message, such as a ticker.
-- Parameters of the function: sent, the field
-- Writes: pg_temp.sent_text
-- Returns: nothing; the function returns null for what no gatherer takes as a name: an empty or long text, one with
-- control characters, and what is no text
create or replace function pg_temp.sent_text(sent jsonb) returns text
language sql
immutable
as $$
    select sent #>> '{}'
    where
        jsonb_typeof(sent) = 'string'
        and length(sent #>> '{}') between 1 and 200
        and sent #>> '{}' !~ '[\u0001-\u001f\u007f]';
$$;
