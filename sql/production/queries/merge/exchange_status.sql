-- Merge staged states of the exchange: hold each once, from when to when answers to any gatherer said it. What overlaps
-- is joined, so the order in which rows come changes nothing. A row ends with its hour, whatever a clock says; so a
-- row that another one absorbs lies in the hour of that one.
-- Reads: pg_temp.stage, market_data.exchange_status
-- Writes: market_data.exchange_status
-- Returns: per gatherer how many rows were new, by the hours they fall into, also by those in which rows only changed
with
piece as materialized (
    select s.* from stage as s
    union all
    select k.*, '0'::xid8 as ingest_xid from market_data.exchange_status as k
    where
        (k.kind, k.body_sha256) in (select s.kind, s.body_sha256 from stage as s)
        and k.first_seen_at >= (select min(s.first_seen_at) - interval '1 h' from stage as s)
        and k.first_seen_at <= (select max(s.first_seen_at) + interval '1 h' from stage as s)
),

span as (
    select p.kind, p.body_sha256, unnest(range_agg(ops.within_hour(p.first_seen_at, p.confirmed_at))) as during
    from piece as p
    group by p.kind, p.body_sha256, date_trunc('hour', p.first_seen_at, 'UTC')
),

joined as materialized (
    select distinct on (s.kind, s.body_sha256, s.during) p.*, s.during
    from span as s
    inner join piece as p on s.kind = p.kind and s.body_sha256 = p.body_sha256 and lower(s.during) = p.first_seen_at
    order by s.kind, s.body_sha256, s.during, p.gatherer_id
),

absorbed as (
    delete from market_data.exchange_status as k
    using joined as j
    where
        k.kind = j.kind and k.body_sha256 = j.body_sha256
        and k.first_seen_at <@ j.during and k.first_seen_at <> j.first_seen_at
),

written as (
    insert into market_data.exchange_status as k (
        gatherer_id, kind, exchange_index, exchange_active, trading_active, resumes_at, begins_at, ends_at, body,
        body_sha256, first_seen_at, confirmed_at
    )
    select
        gatherer_id, kind, exchange_index, exchange_active, trading_active, resumes_at, begins_at, ends_at, body,
        body_sha256, first_seen_at, upper(during) as confirmed_at
    from joined
    on conflict (kind, body_sha256, first_seen_at) do update
        set confirmed_at = excluded.confirmed_at
        where excluded.confirmed_at > k.confirmed_at
    returning k.gatherer_id, k.kind, k.body_sha256, k.first_seen_at
)

select
    w.gatherer_id, date_trunc('hour', w.first_seen_at, 'UTC') as touched_hour,
    count(*) filter (where k.kind is null) as new_rows
from written as w
left join market_data.exchange_status as k
    on w.kind = k.kind and w.body_sha256 = k.body_sha256 and w.first_seen_at = k.first_seen_at
group by w.gatherer_id, touched_hour;
