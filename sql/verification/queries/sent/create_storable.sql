-- Create the function that says whether a published body can be stored whole: gatherers take bodies of limited depth,
-- with numbers of limited size.
-- Parameters of the function: msg, the body
-- Writes: pg_temp.is_storable
-- Returns: nothing; the function returns true or false
create or replace function pg_temp.is_storable(msg jsonb) returns boolean
language sql
immutable
as $$
    select
        not jsonb_path_exists(msg, 'strict $.**{200 to last} ? (@.type() == "array" || @.type() == "object")')
        and not exists (
            select
            from jsonb_path_query(msg, 'strict $.** ? (@.type() == "number" && @ != 0)') as n (value)
            where abs((n.value #>> '{}')::numeric) >= 1e1001 or abs((n.value #>> '{}')::numeric) < 1e-1000
        );
$$;
