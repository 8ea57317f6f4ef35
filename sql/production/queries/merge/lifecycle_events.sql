-- Merge staged lifecycle events. They have no key: equal ones with the same number, at most 5 s after the one that is
-- held, are copies of one message. Equal messages that follow each other within 10 s on a connection have different
-- numbers (kalshi/occurrences.py), so two messages do not become one if gatherers see them up to 5 s apart.
-- Reads: pg_temp.stage
-- Writes: market_data.lifecycle_events
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
fresh as materialized (
    select s.*
    from stage as s
    where
        not exists (
            select from market_data.lifecycle_events as known
            where
                known.subject_ticker = s.subject_ticker
                and known.seen_at between s.seen_at - interval '5 s' and s.seen_at + interval '5 s'
                and (known.kind, known.payload_sha256, known.occurrence) = (s.kind, s.payload_sha256, s.occurrence)
        )
),

kept as (
    select
        subject_ticker,
        kind,
        payload_sha256,
        occurrence,
        unnest(ops.spaced_times(array_agg(seen_at order by seen_at), interval '5 s')) as seen_at
    from fresh
    group by subject_ticker, kind, payload_sha256, occurrence
),

inserted as (
    insert into market_data.lifecycle_events (
        seen_at, subject_ticker, kind, payload_sha256, occurrence, payload, received_at, gatherer_id
    )
    select distinct on (f.seen_at, f.subject_ticker, f.kind, f.payload_sha256, f.occurrence)
        f.seen_at, f.subject_ticker, f.kind, f.payload_sha256, f.occurrence, f.payload, f.received_at, f.gatherer_id
    from fresh as f
    natural join kept
    order by f.seen_at, f.subject_ticker, f.kind, f.payload_sha256, f.occurrence, f.received_at
    on conflict do nothing
    returning date_bin('1 hour', seen_at, '2000-01-01 00:00:00+00') as touched_hour, gatherer_id
)

select gatherer_id, touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour;
