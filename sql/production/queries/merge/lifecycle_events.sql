-- Merge staged lifecycle events. They have no key: equal ones of one number within 5 s of each other are copies of one
-- message; those that follow each other closer were numbered on their connection (kalshi/rows.py).
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage
-- Writes: market_data.lifecycle_events, ops.rejected_rows
-- Returns: per gatherer how many rows were new and rejected, by the hours they fall into
with judged as not materialized (
    select
        s.*,
        ops.refusal(
            s.seen_at, 0, 1,
            (select lower(ops.accepted(%(late_days_max)s))), (select upper(ops.accepted(%(late_days_max)s)))
        ) as reason
    from stage as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'lifecycle_events' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id, reason
),

candidate as (
    select *, seen_at - lag(seen_at) over equal_ones as since
    from judged
    where reason is null
    window equal_ones as (partition by subject_ticker, kind, payload_sha256, occurrence order by seen_at, received_at)
),

inserted as (
    insert into market_data.lifecycle_events (
        seen_at, subject_ticker, kind, payload_sha256, occurrence, payload, received_at, gatherer_id
    )
    select
        c.seen_at, c.subject_ticker, c.kind, c.payload_sha256, c.occurrence, c.payload, c.received_at, c.gatherer_id
    from candidate as c
    where
        coalesce(c.since > interval '5 s', true)
        and not exists (
            select from market_data.lifecycle_events as known
            where
                known.subject_ticker = c.subject_ticker
                and known.seen_at between c.seen_at - interval '5 s' and c.seen_at + interval '5 s'
                and (known.kind, known.payload_sha256, known.occurrence) = (c.kind, c.payload_sha256, c.occurrence)
        )
    order by c.seen_at, c.subject_ticker
    on conflict do nothing
    returning date_bin('1 hour', seen_at, '2000-01-01 00:00:00+00') as touched_hour, gatherer_id
)

select gatherer_id, touched_hour, count(*) filter (where reason is null) as new_rows, count(reason) as rejected_rows
from (
    select gatherer_id, touched_hour, null as reason from inserted
    union all
    select gatherer_id, null as touched_hour, reason from refused
) as r
group by gatherer_id, touched_hour;
