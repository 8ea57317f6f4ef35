-- Do one step of packing an hour of a stream, or a day, unless rows of it are being merged.
-- Parameters: wanted_stream; wanted_hour, when the hour or day begins; rows_max, how many rows a step moves (of
-- snapshots, a twentieth); needs_archive, whether the archive must hold it
-- Reads: ops.hour_locks, ops.archive_partitions
-- Writes: ops.packed_hours, ops.packing_failures, a new partition, and what the function writes that packs the stream
-- Returns: how many rows were moved, and whether the hour is packed
create or replace function ops.pack_hour(
    wanted_stream text, wanted_hour timestamptz, rows_max integer, needs_archive boolean, out moved bigint,
    out is_packed boolean
)
language plpgsql
as $$
declare
    packing record;
    first_ticker text;
    last_ticker text;
    -- A snapshot has as many levels as dozens of other rows, and a merge may wait for a step.
    step_rows constant integer := case
        when wanted_stream = 'orderbook_snapshots' then greatest(1, rows_max / 20) else rows_max end;
begin
    moved := 0;
    is_packed := false;
    select s.packed_table, s.period into packing from ops.packed_streams() as s where s.stream = wanted_stream;
    perform from ops.hour_locks as l
    where l.number = ops.hour_lock(wanted_hour, packing.period)
    for update skip locked;
    if not found then
        return;
    end if;
    -- Late rows may have come since the hour was chosen; then the archive lacks them.
    if needs_archive and (
        select bool_and(a.state = 'verified') is distinct from true
        from ops.archive_partitions as a
        where a.stream = wanted_stream and a.hour >= wanted_hour and a.hour < wanted_hour + packing.period
    ) then
        return;
    end if;
    insert into ops.packed_hours (stream, hour) values (wanted_stream, wanted_hour) on conflict do nothing;
    select p.next_ticker into first_ticker
    from ops.packed_hours as p
    where p.stream = wanted_stream and p.hour = wanted_hour;
    perform timeseries.ensure_partition(packing.packed_table, wanted_hour);
    case wanted_stream
        when 'orderbook_deltas' then
            select d.moved, d.last_ticker into moved, last_ticker
            from ops.pack_deltas(wanted_hour, first_ticker, rows_max) as d;
        when 'tickers' then
            select t.moved, t.last_ticker into moved, last_ticker
            from ops.pack_tickers(wanted_hour, first_ticker, rows_max) as t;
        when 'trades' then
            select t.moved, t.last_ticker into moved, last_ticker
            from ops.pack_trades(wanted_hour, first_ticker, rows_max) as t;
        when 'orderbook_snapshots' then
            select s.moved, s.last_ticker into moved, last_ticker
            from ops.pack_snapshots(wanted_hour, first_ticker, step_rows) as s;
    end case;
    is_packed := moved < step_rows;
    update ops.packed_hours as p
    set
        next_ticker = case when is_packed then '' else last_ticker end,
        packed_rows = p.packed_rows + moved,
        packed_at = case when is_packed then now() end
    where p.stream = wanted_stream and p.hour = wanted_hour;
    if is_packed then
        delete from ops.packing_failures as f where f.stream = wanted_stream and f.hour = wanted_hour;
    end if;
end;
$$;

comment on function ops.pack_hour is 'Do one step of packing an hour of a stream.';
