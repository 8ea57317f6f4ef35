-- Store the newest body of each of a page of series, and move the body that it replaces to the history.
-- Only one program may run this at a time. A body without a time is newer than all that were stored before it, and any
-- body is newer than one of which a wrong clock believed a time to come.
-- Parameters: bodies jsonb, an array of objects as the exchange sent them
-- Reads: registry.series
-- Writes: registry.series, registry.series_history
-- Returns: nothing; the row count is the number of bodies that were new or had changed
with incoming as (
    select distinct on (b.body ->> 'ticker')
        b.body ->> 'ticker' as ticker,
        registry.updated_time(b.body ->> 'last_updated_ts') as updated_time,
        b.body
    from jsonb_array_elements(%(bodies)s::jsonb) with ordinality as b (body, place)
    where jsonb_typeof(b.body -> 'ticker') = 'string'
    order by b.body ->> 'ticker' asc, updated_time desc nulls last, b.place desc
),

changed as (
    select i.*
    from incoming as i
    left join registry.series as k on i.ticker = k.ticker
    where
        k.ticker is null
        or (
            k.body is distinct from i.body
            and coalesce(i.updated_time >= k.updated_time or k.updated_time > now() + interval '1 day', true)
        )
),

replaced as (
    insert into registry.series_history (ticker, updated_time, body, fetched_at)
    select k.ticker, k.updated_time, k.body, k.fetched_at
    from changed as c
    inner join registry.series as k on c.ticker = k.ticker
)

insert into registry.series (ticker, updated_time, body)
select c.ticker, c.updated_time, c.body
from changed as c
on conflict (ticker) do update
    set
        updated_time = excluded.updated_time,
        body = excluded.body,
        ingest_xid = pg_current_xact_id(),
        fetched_at = now();
