-- Mark hours of a stream as to be archived, even if they were archived before: rows were merged into them. If the
-- exchange said in one that nothing is traded, its coverage is written again, too, in case that was known late.
-- Parameters: stream text, hours timestamptz[]
-- Reads: market_data.exchange_status, if that is the stream
-- Writes: ops.archive_partitions
-- Returns: nothing
insert into ops.archive_partitions (stream, hour)
select
    %(stream)s::text as stream,
    h.hour
from unnest(%(hours)s::timestamptz[]) as h (hour)
union all
select
    p.stream,
    p.hour
from ops.archive_partitions as p
where
    %(stream)s::text = 'exchange_status'
    and p.stream = 'coverage'
    and p.hour = any(%(hours)s::timestamptz[])
    and ops.is_derivable(p.stream, p.hour)
    and exists (
        select from market_data.exchange_status as e
        where
            e.kind = 'shard' and not (e.exchange_active and e.trading_active)
            and e.first_seen_at >= p.hour and e.first_seen_at < p.hour + interval '1 h'
    )
order by stream, hour
on conflict (stream, hour) do update
    set
        state = 'pending',
        touched_at = statement_timestamp();
