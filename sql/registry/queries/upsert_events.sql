-- Keep the newest body of each of a page of events.
-- Parameters: bodies jsonb, an array of objects as the exchange sent them
-- Writes: registry.events
-- Returns: nothing; the row count is the number that were new or had changed
insert into registry.events as known (ticker, updated_time, body)
select distinct on (b.body ->> 'event_ticker')
    b.body ->> 'event_ticker' as ticker,
    (b.body ->> 'last_updated_ts')::timestamptz as updated_time,
    b.body
from jsonb_array_elements(%(bodies)s::jsonb) as b (body)
where b.body ->> 'event_ticker' is not null
order by b.body ->> 'event_ticker' asc, updated_time desc nulls last
on conflict (ticker) do update
    set
        updated_time = excluded.updated_time,
        body = excluded.body,
        ingest_xid = pg_current_xact_id(),
        fetched_at = now()
    where
    known.body is distinct from excluded.body
    and coalesce(excluded.updated_time >= known.updated_time, true);
