-- Decide whether production still holds the rows of an hour, or of a derived stream what they are derived from.
-- Parameters: wanted_stream; wanted_hour; written_at, when the archive's object was written, null if it has none
-- Reads: ops.dropped_partitions
-- Returns: false if the archive alone may hold them
create or replace function ops.is_in_production(
    wanted_stream text, wanted_hour timestamptz, written_at timestamptz
) returns boolean
language sql
stable
as $$
    select
        case
            when exists (select from ops.derived_streams() as s where s.stream = wanted_stream)
                then ops.is_derivable(wanted_stream, wanted_hour)
            else not exists (
                select from ops.dropped_partitions as d
                where d.stream = wanted_stream and d.during @> wanted_hour and d.dropped_at > written_at
            )
        end;
$$;

comment on function ops.is_in_production is 'Whether production still holds the rows of an hour.';
