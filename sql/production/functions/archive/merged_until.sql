-- Compute until when all rows that gatherers received of a stream are merged, by the last measurement. If the
-- number of shards changed, only the shards of the newest number count, and all of them must have reported.
-- Parameters: wanted_stream; gatherers, the numbers of all that must have reported
-- Reads: ops.lags, ops.deduplicators
-- Returns: the time; null while a gatherer has not reported
create or replace function ops.merged_until(wanted_stream text, gatherers integer[]) returns timestamptz
language sql
stable
as $$
    with measured as (
        select
            l.gatherer_id,
            -- A deduplicator that stops measures once more.
            coalesce(l.error, 'stopped') = 'stopped' and l.lag_seconds is not null as is_known,
            m.last_at - make_interval(secs => coalesce(l.lag_seconds, 0)) as merged_at,
            split_part(l.shard, '/', 2)::integer as shards,
            split_part(l.shard, '/', 2)
            = first_value(split_part(l.shard, '/', 2)) over (order by m.last_at desc) as is_current
        from ops.lags as l
        left join ops.deduplicators as d on l.shard = d.shard
        -- A lag is measured with each beat, but one that is as before is written again only after 10 s.
        cross join lateral (
            select
                case
                    when d.beat_at < l.measured_at + interval '10 s' then greatest(d.beat_at, l.measured_at)
                    else l.measured_at
                end as last_at
        ) as m
        where l.stream = wanted_stream and l.gatherer_id = any(gatherers)
    )

    select
        case
            when bool_and(m.is_known) and count(*) = cardinality(gatherers) * max(m.shards)
                then min(m.merged_at)
        end
    from measured as m
    where m.is_current;
$$;

comment on function ops.merged_until is 'Until when all rows that gatherers received of a stream are merged.';
