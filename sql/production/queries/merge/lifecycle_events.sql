-- Merge staged lifecycle events. They have no key: equal ones with the same number within 5 s of each other are copies
-- of one message. Equal messages that follow each other within 5 s on a connection got different numbers
-- (kalshi/occurrences.py).
-- Reads: pg_temp.stage
-- Writes: market_data.lifecycle_events
-- Returns: per gatherer how many rows were new, by the hours they fall into
with
candidate as (
    select *, seen_at - lag(seen_at) over equal_ones as since
    from stage
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

select gatherer_id, touched_hour, count(*) as new_rows
from inserted
group by gatherer_id, touched_hour;
