-- The status of a gatherer over its shards: numbers are added up, and of all else the worst or the oldest counts.
-- The shards of one host share its disk and its database. The status of a single shard is left as it is.
-- Reads: capture.current_shards
create or replace view capture.gatherer_status as
with entries as (
    select
        e.key,
        case
            when e.key = 'log_free_bytes' then to_jsonb(min(e.value::numeric) filter (where n.kind = 'number'))
            when e.key = 'database_bytes' then to_jsonb(max(e.value::numeric) filter (where n.kind = 'number'))
            when bool_or(n.kind = 'number') then to_jsonb(sum(e.value::numeric) filter (where n.kind = 'number'))
            when e.key = 'state'
                then to_jsonb(coalesce(min(e.value #>> '{}') filter (where e.value <> '"running"'), 'running'))
            when e.key like '%\_at' then to_jsonb(min(e.value #>> '{}'))
            else to_jsonb(max(e.value #>> '{}'))
        end as merged
    from capture.current_shards as c
    cross join lateral jsonb_each(c.status) as e
    cross join lateral jsonb_typeof(e.value) as n (kind)
    where n.kind <> 'object'
    group by e.key
),

inner_entries as (
    select
        e.key,
        i.key as inner_key,
        coalesce(
            to_jsonb(sum(i.value::numeric) filter (where n.kind = 'number')), to_jsonb(max(i.value #>> '{}'))
        ) as merged
    from capture.current_shards as c
    cross join lateral jsonb_each(c.status) as e
    cross join lateral jsonb_each(e.value) as i
    cross join lateral jsonb_typeof(i.value) as n (kind)
    where jsonb_typeof(e.value) = 'object' and e.key <> 'health'
    group by e.key, i.key
),

health as (
    select
        jsonb_build_object(
            'status', coalesce(
                max('unhealthy') filter (where c.status @> '{"health": {"status": "unhealthy"}}'),
                max('degraded') filter (where c.status @> '{"health": {"status": "degraded"}}'),
                'healthy'
            ),
            'reasons', coalesce(jsonb_path_query_array(jsonb_agg(c.status), '$[*].health.reasons[*]'), '[]')
        ) as merged,
        count(*) as shards,
        (jsonb_agg(c.status) -> 0) as first_status
    from capture.current_shards as c
),

objects as (
    select
        i.key,
        jsonb_object_agg(i.inner_key, i.merged) as merged
    from inner_entries as i
    group by i.key
),

parts as (
    select
        'refused' as key,
        '{}'::jsonb as merged
    union all
    select
        e.key,
        e.merged
    from entries as e
    union all
    select
        o.key,
        o.merged
    from objects as o
    union all
    select
        'health' as key,
        h.merged
    from health as h
),

whole as (
    select jsonb_object_agg(p.key, p.merged) as status
    from parts as p
)

select case when h.shards = 1 then h.first_status else w.status end as status
from health as h
cross join whole as w
where h.shards > 0;

comment on view capture.gatherer_status is 'The status of this gatherer over all of its shards.';
