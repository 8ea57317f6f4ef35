-- Decide whether a gatherer had a connection at a time that it still had at a later one.
-- Parameters: from_at; gatherer, its number; until_at
-- Reads: ops.connections
-- Returns: true if production knows such a connection
create or replace function ops.is_connected_from(
    from_at timestamptz, gatherer smallint, until_at timestamptz
) returns boolean
language sql
stable
as $$
    select exists (
        select from ops.connections as c
        where
            c.gatherer_id = gatherer and c.opened_at <= from_at
            and coalesce(c.closed_at, 'infinity') >= until_at
    );
$$;

comment on function ops.is_connected_from is 'Whether a gatherer had a connection from one time to another.';
