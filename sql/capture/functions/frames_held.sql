-- List the frames received within a range of time whose rows are held.
-- Parameters: begins_at and ends_at; the end is not part of the range
-- Reads: every table of timeseries.series whose rows are messages
-- Returns: frame_number
create or replace function capture.frames_held(begins_at timestamptz, ends_at timestamptz)
returns table (frame_number bigint)
language plpgsql
stable
as $$
declare
    target regclass;
begin
    -- A comparison of books has the frame of its snapshot, which has a row of its own.
    for target in select s.target from timeseries.series as s where s.time_column = 'received_at' loop
        return query execute format(
            $query$
                select r.frame_number
                from %s as r
                where r.received_at >= $1 and r.received_at < $2 and r.frame_number is not null
            $query$,
            target
        ) using begins_at, ends_at;
    end loop;
end;
$$;

comment on function capture.frames_held is 'The frames received within a range of time whose rows are held.';
