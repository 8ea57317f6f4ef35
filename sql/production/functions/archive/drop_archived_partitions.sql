-- Drop whole partitions of a stream that are old enough, if the archive holds every hour of them, verified. An hour
-- without a record in ops.archive_partitions counts as not archived and keeps its partition.
-- It runs with its owner's rights, so that the role that merges can drop nothing else.
-- Parameters: wanted_stream; days_min, how long rows are kept at least; partitions_max as in
-- ops.drop_stream_partitions
-- Reads: ops.archive_partitions
-- Writes: partitions of the stream's tables and of ops.delta_evidence, ops.dropped_partitions, ops.book_checks,
-- ops.packed_hours, ops.packing_failures, ops.delta_labels, ops.ticker_labels, ops.ticker_evidence
-- Returns: what was dropped, oldest first
create or replace function ops.drop_archived_partitions(
    wanted_stream text, days_min integer, partitions_max integer default 10
) returns table (partition_name text, during tstzrange)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    older_than timestamptz := now() - make_interval(days => days_min);
    dropped tstzmultirange;
begin
    if ops.merged_table(wanted_stream) is null then
        raise exception 'there is no stream %', wanted_stream;
    end if;
    if days_min < 1 then
        raise exception 'rows of % are to be kept for % days: at least one is needed', wanted_stream, days_min;
    end if;

    return query
    with
    gone as (
        select d.partition_name, d.during
        from ops.drop_stream_partitions(
            wanted_stream, older_than, ops.verified_hours(wanted_stream, older_than), partitions_max
        ) as d
    ),

    recorded as (
        insert into ops.dropped_partitions as p (stream, during)
        select distinct wanted_stream as stream, g.during from gone as g
        on conflict on constraint dropped_partitions_pkey do update set dropped_at = now()
    )

    select g.partition_name, g.during from gone as g;

    -- Dropping waited for running merges. If one of them brought a late row, the whole call is rolled back.
    select range_agg(p.during) into dropped
    from ops.dropped_partitions as p
    where p.stream = wanted_stream and p.dropped_at = now();
    if not dropped <@ ops.verified_hours(wanted_stream, older_than) then
        raise exception 'a late row of % was merged meanwhile', wanted_stream using errcode = 'serialization_failure';
    end if;
    delete from ops.packed_hours as p where p.stream = wanted_stream and p.hour <@ dropped;
    delete from ops.packing_failures as f where f.stream = wanted_stream and f.hour <@ dropped;
    if wanted_stream in ('orderbook_deltas', 'orderbook_snapshots') then
        update ops.book_checks as b set check_again_at = null
        where b.check_again_at is not null and b.from_at <@ dropped;
    end if;
    if wanted_stream = 'tickers' then
        delete from ops.ticker_labels as l where l.hour <@ dropped;
        delete from ops.ticker_evidence as e where e.exchange_ts <@ dropped;
    end if;
    if wanted_stream = 'orderbook_deltas' then
        perform timeseries.drop_partitions('ops.delta_evidence', older_than, dropped, 25 * partitions_max);
        delete from ops.delta_labels as l where tstzrange(l.hour, l.hour + interval '1 h') <@ dropped;
    end if;
end;
$$;

comment on function ops.drop_archived_partitions is
'Drop old partitions of a stream that the archive holds, every hour verified.';

revoke execute on function ops.drop_archived_partitions from public;
