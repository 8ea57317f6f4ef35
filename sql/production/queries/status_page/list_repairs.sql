-- List what single gatherers missed of a market in a time, and which gatherers have it.
-- Parameters: stream text; market text, empty for a stream of all markets; from_at, until_at timestamptz; rows_max
-- Reads: what ops.gap_repairs reads
-- Returns: gatherer_id, from and until when it missed messages, who received and who fetched some of them, whether any
-- of them remain lost
select
    r.gatherer_id,
    lower(r.missed) as began_at,
    upper(r.missed) as ended_at,
    r.received_by,
    r.fetched_by,
    not isempty(r.lost) as is_lost
from ops.gap_repairs(%(market)s::text, tstzrange(%(from_at)s::timestamptz, %(until_at)s::timestamptz)) as r
where (r.channel, %(stream)s::text) in (select s.channel, s.stream from ops.classified_streams() as s)
order by began_at asc, r.gatherer_id asc
limit %(rows_max)s::integer;
