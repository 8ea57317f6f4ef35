-- Record that an hour, for some streams a day, could not be packed. The next attempt comes a minute later, and each
-- further one after twice as long, up to six hours, with some jitter.
-- Parameters: wanted_stream; wanted_hour; reason, what the database reported
-- Writes: ops.packing_failures
-- Returns: nothing
create or replace function ops.record_packing_failure(
    wanted_stream text, wanted_hour timestamptz, reason text
) returns void
language sql
as $$
    insert into ops.packing_failures as f (stream, hour, retry_at, error)
    values (
        wanted_stream, wanted_hour, now() + interval '1 min' * (0.75 + random() / 2), left(reason, 500)
    )
    on conflict on constraint packing_failures_pkey do update
        set
            attempts = least(f.attempts + 1, 1000000),
            failed_at = excluded.failed_at,
            retry_at = now()
            + least(interval '1 min' * 2 ^ least(f.attempts, 20), interval '6 h') * (0.75 + random() / 2),
            error = excluded.error;
$$;

comment on function ops.record_packing_failure is 'Record that an hour could not be packed.';
