-- Find the oldest hour of a stream that the archive does not hold, or no longer holds as production has it.
-- Parameters: wanted_stream
-- Reads: ops.archive_partitions
-- Returns: when it begins; infinity if there is none, also if no hour was ever verified, since no archive is used then
create or replace function ops.unverified_since(wanted_stream text) returns timestamptz
language sql
volatile
as $$
    select
        case
            when bool_or(p.state = 'verified')
                then coalesce(min(p.hour) filter (where p.state <> 'verified'), 'infinity')
            else 'infinity'
        end
    from ops.archive_partitions as p
    where p.stream = wanted_stream;
$$;

comment on function ops.unverified_since is 'The oldest hour of a stream that the archive does not hold, verified.';
