-- Record how far production is behind each gatherer. What is as before is written six times a minute, since most
-- streams are quiet and each write costs as much: the deduplicator's beat, in the same transaction, says that it was
-- measured again (ops.merged_until).
-- Parameters: shard text, lags jsonb, a list of objects with the other columns of ops.lags
-- Writes: ops.lags
-- Returns: nothing
insert into ops.lags as l (
    gatherer_id, stream, shard, measured_at, rows_waiting, lag_seconds, rows_held, cause, rows_per_second, error
)
select
    measured.gatherer_id,
    measured.stream,
    %(shard)s as its_shard,
    now() as measured_now,
    measured.rows_waiting,
    measured.lag_seconds,
    measured.rows_held,
    measured.cause,
    measured.rows_per_second,
    measured.error
from jsonb_populate_recordset(null::ops.lags, %(lags)s) as measured
on conflict (gatherer_id, stream, shard) do update
    set
        measured_at = excluded.measured_at,
        rows_waiting = excluded.rows_waiting,
        lag_seconds = excluded.lag_seconds,
        rows_held = excluded.rows_held,
        cause = excluded.cause,
        rows_per_second = excluded.rows_per_second,
        error = excluded.error
    where
    l.measured_at <= now() - interval '10 s'
    or (l.rows_waiting, l.lag_seconds, l.rows_held) is distinct from (
        excluded.rows_waiting, excluded.lag_seconds, excluded.rows_held
    )
    or (l.cause, l.error) is distinct from (excluded.cause, excluded.error);
