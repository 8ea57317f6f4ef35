-- Mark the hours of the archive's books in a time as to be written again. An hour that cannot be derived any more stays
-- as the archive holds it.
-- Parameters: touched, the times whose books changed
-- Reads: ops.dropped_partitions
-- Writes: ops.archive_partitions
-- Returns: nothing
create or replace function ops.mark_books(touched tstzmultirange) returns void
language sql
as $$
    update ops.archive_partitions as p set state = 'pending', touched_at = now()
    where
        p.stream = 'books' and p.state <> 'pending' and p.hour <@ touched
        and p.hour >= lower(touched) and ops.is_derivable('books', p.hour);
$$;

comment on function ops.mark_books is 'Mark the hours of the archive''s books in a time as to be written again.';
