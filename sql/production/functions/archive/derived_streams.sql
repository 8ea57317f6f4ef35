-- List the streams of the archive that production derives from others when their hours are written.
-- Returns: stream, and follows: the merged stream that it is derived from, null if it follows the classified minutes
create or replace function ops.derived_streams() returns table (stream text, follows text)
language sql
immutable
as $$
    values ('coverage', null);
$$;

comment on function ops.derived_streams is 'The streams of the archive that production derives from others.';
