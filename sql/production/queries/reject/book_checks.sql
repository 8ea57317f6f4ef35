-- Move staged comparisons of order books whose times production does not accept out of the stage: the gatherer's clock
-- was wrong, or it was set back in the interval or ahead at its end, which then proves nothing about any time. Clocks
-- of gatherers and of production usually differ by less than 5 s.
-- Parameters: late_days_max integer
-- Writes: pg_temp.stage, ops.rejected_rows
-- Returns: per gatherer how many rows were rejected
with
accepted as (
    select lower(a.range) as from_at, upper(a.range) as until_at
    from ops.accepted_range(%(late_days_max)s) as a (range)
),

staged as not materialized (
    select
        s.ctid as place, s.*, to_jsonb(s) as body,
        coalesce(
            ops.rejection_reason(least(s.from_at, s.until_at), 0, 1, a.from_at, a.until_at),
            ops.rejection_reason(greatest(s.from_at, s.until_at), 0, 1, a.from_at, a.until_at),
            case when s.is_equal and s.until_at < s.from_at then 'the clock was set back in the interval' end,
            case when s.is_equal and s.until_at > now() + interval '5 s' then 'the clock was ahead in the interval' end
        ) as reason
    from stage as s
    cross join accepted as a
),

rejected as materialized (
    select * from staged
    where reason is not null
),

removed as (
    delete from stage
    where ctid = any(array(select place from rejected))
),

recorded as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'book_checks' as stream, gatherer_id, ingest_xid, reason, body
    from rejected
    returning gatherer_id
)

select gatherer_id, count(*) as rejected_rows
from recorded
group by gatherer_id;
