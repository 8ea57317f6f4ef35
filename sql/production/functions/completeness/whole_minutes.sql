-- Widen times to whole minutes.
-- Parameters: times, all of them bounded
-- Returns: all minutes that any part of the times falls into
create or replace function ops.whole_minutes(times tstzmultirange) returns tstzmultirange
language sql
immutable
as $$
    select coalesce(
        range_agg(
            tstzrange(
                date_bin('1 min', lower(t), timestamptz 'epoch'),
                date_bin('1 min', upper(t) + interval '1 min' - interval '1 us', timestamptz 'epoch')
            )
        ),
        '{}'
    )
    from unnest(times) as t;
$$;

comment on function ops.whole_minutes is 'Times, widened to whole minutes.';
