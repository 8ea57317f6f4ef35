-- Compute until when all rows that gatherers received of a stream are merged, by the last measurement. If the
-- number of shards changed, only the shards of the newest number count.
-- Parameters: wanted_stream; gatherers, the numbers of all that must have reported
-- Reads: ops.lags
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
            l.measured_at - make_interval(secs => coalesce(l.lag_seconds, 0)) as merged_at,
            split_part(l.shard, '/', 2)
            = first_value(split_part(l.shard, '/', 2)) over (order by l.measured_at desc) as is_current
        from ops.lags as l
        where l.stream = wanted_stream and l.gatherer_id = any(gatherers)
    )

    select
        case
            when bool_and(m.is_known) and count(distinct m.gatherer_id) = cardinality(gatherers)
                then min(m.merged_at)
        end
    from measured as m
    where m.is_current;
$$;

comment on function ops.merged_until is 'Until when all rows that gatherers received of a stream are merged.';
