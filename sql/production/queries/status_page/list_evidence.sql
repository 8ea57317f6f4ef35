-- Show what the states of some minutes are based on, the oldest first.
-- Parameters: stream text; market text, empty for a stream of all markets; from_at, until_at timestamptz; rows_max
-- Reads: what ops.evidence reads
-- Returns: kind, gatherer_id (null if no gatherer reported it), from and until when, detail jsonb
select
    e.kind,
    e.gatherer_id,
    lower(e.during) as began_at,
    upper(e.during) as ended_at,
    e.detail
from
    ops.evidence(
        %(stream)s::text, %(market)s::text, tstzrange(%(from_at)s::timestamptz, %(until_at)s::timestamptz)
    ) as e
order by began_at asc, e.kind asc, e.gatherer_id asc
limit %(rows_max)s::integer;
