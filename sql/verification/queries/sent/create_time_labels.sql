-- Create the function that makes labels of a time: one per resolution that it has, so that a time with fewer decimal
-- places has some of the labels of the same time with more.
-- Parameters of the function: moment, and its digits, the decimal places of the second that are known; null if none is
-- Writes: pg_temp.time_labels
-- Returns: nothing; the function returns an object, empty if there is no time
create or replace function pg_temp.time_labels(moment timestamptz, digits integer) returns jsonb
language sql
stable
as $$
    select coalesce(
        (
            select jsonb_object_agg(r.resolution, extract(epoch from date_trunc(r.resolution, moment)))
            from (values ('second', 0), ('milliseconds', 3), ('microseconds', 6)) as r (resolution, places)
            where moment is not null and digits >= r.places
        ),
        '{}'
    );
$$;
