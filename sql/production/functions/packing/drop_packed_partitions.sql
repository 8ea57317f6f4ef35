-- Drop partitions of hot order-book changes that packing has emptied, so that their space is free. A partition into
-- which rows are being merged stays. It runs with its owner's rights, so that the role that merges can drop nothing
-- else.
-- Parameters: partitions_max, how many one call drops
-- Reads: ops.packed_hours, ops.hour_locks
-- Writes: partitions of market_data.hot_orderbook_deltas
-- Returns: what was dropped, oldest first
create or replace function ops.drop_packed_partitions(partitions_max integer default 10)
returns table (partition_name text, during tstzrange)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    target constant regclass := 'market_data.hot_orderbook_deltas';
    packed constant tstzmultirange := (
        select range_agg(tstzrange(p.hour, p.hour + interval '1 h'))
        from ops.packed_hours as p
        where p.stream = 'orderbook_deltas' and p.packed_at is not null
    );
    entry record;
    numbers integer[];
begin
    for entry in
        select p.during from timeseries.list_partitions(target) as p
        where p.during <@ packed
        order by p.during
        limit partitions_max
    loop
        numbers := array(
            select l.number from ops.hour_locks as l
            where l.number in (
                select ops.hour_lock(h.hour)
                from generate_series(
                    lower(entry.during), upper(entry.during) - interval '1 h', interval '1 h'
                ) as h (hour)
            )
            for update skip locked
        );
        continue when cardinality(numbers) * interval '1 h' < upper(entry.during) - lower(entry.during);
        continue when exists (
            select from market_data.hot_orderbook_deltas as d
            where d.exchange_ts >= lower(entry.during) and d.exchange_ts < upper(entry.during)
        );
        return query
        select d.partition_name, d.during
        from timeseries.drop_partitions(target, upper(entry.during), tstzmultirange(entry.during), 1) as d;
    end loop;
end;
$$;

comment on function ops.drop_packed_partitions is
'Drop partitions of hot order-book changes that packing has emptied.';

revoke execute on function ops.drop_packed_partitions from public;
