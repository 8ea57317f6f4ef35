-- Drop partitions of a stream's tables that are old enough, hot and packed ones. What a packed partition and a hot one
-- hold of the same time goes together: else production would hold a part of an hour that it records as dropped, or
-- packed rows of an hour that it takes for hot, and the next merge would add them again. For some streams, days are
-- packed instead of hours.
-- Parameters: wanted_stream; older_than, only partitions that end at or before this time; verified, the times that the
-- archive holds; partitions_max, how many packed ones and how many other hot ones one call drops
-- Reads: ops.packed_hours
-- Writes: partitions of the stream's tables
-- Returns: the names of what was dropped and the time that each held
create or replace function ops.drop_stream_partitions(
    wanted_stream text, older_than timestamptz, verified tstzmultirange, partitions_max integer
) returns table (partition_name text, during tstzrange)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    hot_table constant regclass := ops.merged_table(wanted_stream);
    packed_table constant regclass := to_regclass(format('market_data.%I', 'packed_' || wanted_stream));
    -- A packed partition of trades holds the most hot ones: those of 30 days.
    hot_partitions_max constant integer := 30;
    gone tstzmultirange := '{}';
    kept tstzmultirange;
begin
    if packed_table is not null then
        for partition_name, during in
            select d.partition_name, d.during
            from timeseries.drop_partitions(packed_table, older_than, verified, partitions_max) as d
        loop
            gone := gone + during::tstzmultirange;
            return next;
        end loop;
        return query
        select d.partition_name, d.during
        from timeseries.drop_partitions(hot_table, older_than, gone, hot_partitions_max * partitions_max) as d;
        -- An hour without rows may be packed and have no packed partition.
        select range_agg(tstzrange(p.hour, p.hour + s.period)) into kept
        from timeseries.list_partitions(packed_table) as l
        inner join ops.packed_hours as p on p.hour <@ l.during
        inner join ops.packed_streams() as s on p.stream = s.stream
        where p.stream = wanted_stream;
    end if;
    return query
    select d.partition_name, d.during
    from timeseries.drop_partitions(hot_table, older_than, verified - coalesce(kept, '{}'), partitions_max) as d;
end;
$$;

comment on function ops.drop_stream_partitions is
'Drop old partitions of a stream''s tables, hot and packed ones of the same time together.';

revoke execute on function ops.drop_stream_partitions from public;
