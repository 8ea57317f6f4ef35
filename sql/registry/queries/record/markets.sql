-- Store the newest body of each of a page of markets, and move the body that it replaces to the history.
-- Only one program may run this at a time. A body without a time is newer than all that were stored before it, and any
-- body is newer than one of which a wrong clock believed a time to come.
-- A body that differs in prices and volumes only is ignored: other streams hold those, and they differ each time.
-- Parameters: bodies jsonb, an array of objects as the exchange sent them
-- Reads: registry.markets
-- Writes: registry.markets, registry.markets_history
-- Returns: nothing; the row count is the number of bodies that were new or had changed
with incoming as (
    select distinct on (b.body ->> 'ticker')
        b.body ->> 'ticker' as ticker,
        registry.updated_time(b.body ->> 'updated_time') as updated_time,
        b.body
    from jsonb_array_elements(%(bodies)s::jsonb) with ordinality as b (body, place)
    where jsonb_typeof(b.body -> 'ticker') = 'string'
    order by b.body ->> 'ticker' asc, updated_time desc nulls last, b.place desc
),

changed as (
    select i.*
    from incoming as i
    left join registry.markets as k on i.ticker = k.ticker
    where
        k.ticker is null
        or (
            registry.without_quotes(k.body) is distinct from registry.without_quotes(i.body)
            and coalesce(i.updated_time >= k.updated_time or k.updated_time > now() + interval '1 day', true)
        )
),

replaced as (
    insert into registry.markets_history (ticker, updated_time, body, fetched_at)
    select k.ticker, k.updated_time, k.body, k.fetched_at
    from changed as c
    inner join registry.markets as k on c.ticker = k.ticker
)

insert into registry.markets (ticker, updated_time, body)
select c.ticker, c.updated_time, c.body
from changed as c
on conflict (ticker) do update
    set
        updated_time = excluded.updated_time,
        body = excluded.body,
        ingest_xid = pg_current_xact_id(),
        fetched_at = now();
