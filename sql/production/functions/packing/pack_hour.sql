-- Do one step of packing an hour of a stream, unless rows of the hour are being merged.
-- Parameters: wanted_stream; wanted_hour; rows_max, how many rows a step moves; needs_archive, whether the archive must
-- hold the hour
-- Reads: ops.hour_locks, ops.archive_partitions
-- Writes: ops.packed_hours, a new partition, and what ops.pack_deltas or ops.pack_tickers writes
-- Returns: how many rows were moved, and whether the hour is packed
create or replace function ops.pack_hour(
    wanted_stream text, wanted_hour timestamptz, rows_max integer, needs_archive boolean, out moved bigint,
    out is_packed boolean
)
language plpgsql
as $$
declare
    first_ticker text;
    last_ticker text;
begin
    moved := 0;
    is_packed := false;
    perform from ops.hour_locks as l where l.number = ops.hour_lock(wanted_hour) for update skip locked;
    if not found then
        return;
    end if;
    -- Late rows may have come since the hour was chosen; then the archive lacks them.
    if needs_archive and not exists (
        select from ops.archive_partitions as a
        where a.stream = wanted_stream and a.hour = wanted_hour and a.state = 'verified'
    ) then
        return;
    end if;
    insert into ops.packed_hours (stream, hour) values (wanted_stream, wanted_hour) on conflict do nothing;
    select p.next_ticker into first_ticker
    from ops.packed_hours as p
    where p.stream = wanted_stream and p.hour = wanted_hour;
    perform timeseries.ensure_partition(s.packed_table, wanted_hour)
    from ops.packed_streams() as s
    where s.stream = wanted_stream;
    case wanted_stream
        when 'orderbook_deltas' then
            select d.moved, d.last_ticker into moved, last_ticker
            from ops.pack_deltas(wanted_hour, first_ticker, rows_max) as d;
        when 'tickers' then
            select t.moved, t.last_ticker into moved, last_ticker
            from ops.pack_tickers(wanted_hour, first_ticker, rows_max) as t;
    end case;
    is_packed := moved < rows_max;
    update ops.packed_hours as p
    set
        next_ticker = case when is_packed then '' else last_ticker end,
        packed_rows = p.packed_rows + moved,
        packed_at = case when is_packed then now() end
    where p.stream = wanted_stream and p.hour = wanted_hour;
end;
$$;

comment on function ops.pack_hour is 'Do one step of packing an hour of a stream.';
