-- Merge staged lifecycle events: the same message about the same subject within 30 s is the same event.
-- Parameters: late_days_max integer
-- Reads: pg_temp.stage_lifecycle_events
-- Writes: market_data.lifecycle_events, ops.rejected_rows
-- Returns: per gatherer its watermark xid8 and how many rows were polled, new and rejected
with
judged as materialized (
    select s.*, ops.refusal(s.seen_at, 0, 1, %(late_days_max)s) as reason
    from stage_lifecycle_events as s
),

refused as (
    insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
    select 'lifecycle_events' as stream, gatherer_id, ingest_xid, reason, to_jsonb(judged) - 'reason' as body
    from judged
    where reason is not null
    returning gatherer_id
),

candidate as (
    select
        *,
        seen_at - lag(seen_at) over (partition by subject_ticker, kind, payload_sha256 order by seen_at) as since_equal
    from judged
    where reason is null
),

inserted as (
    insert into market_data.lifecycle_events (
        seen_at, subject_ticker, kind, payload_sha256, payload, received_at, gatherer_id
    )
    select
        c.seen_at, c.subject_ticker, c.kind, c.payload_sha256, c.payload, c.received_at, c.gatherer_id
    from candidate as c
    where
        coalesce(c.since_equal > interval '30 s', true)
        and not exists (
            select from market_data.lifecycle_events as known
            where
                known.subject_ticker = c.subject_ticker
                and known.seen_at between c.seen_at - interval '30 s' and c.seen_at + interval '30 s'
                and (known.kind, known.payload_sha256) = (c.kind, c.payload_sha256)
        )
    order by c.seen_at, c.subject_ticker
    on conflict do nothing
    returning gatherer_id
)

select
    j.gatherer_id,
    max(j.ingest_xid)::text as watermark,
    count(*) as polled_rows,
    (select count(*) from inserted as i where i.gatherer_id = j.gatherer_id) as new_rows,
    (select count(*) from refused as r where r.gatherer_id = j.gatherer_id) as rejected_rows
from judged as j
group by j.gatherer_id;
