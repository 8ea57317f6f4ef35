-- Move rows of a stream that the archive cannot hold into quarantine, so that they do not keep the others of their hour
-- out of it. The merge rejects such rows; these came before it did. Packed ones become hot first, with the others of
-- their market and hour.
-- It runs with its owner's rights, so that the role of the archive can delete nothing else.
-- Parameters: wanted_stream; time_column, null for the whole table; from_at, until_at
-- Writes: the stream's table, ops.rejected_rows, and what ops.unpack_misfits writes
-- Returns: how many rows were moved, and the reason of one of them
create or replace function ops.quarantine_rows(
    wanted_stream text, time_column name, from_at timestamptz, until_at timestamptz
) returns table (moved bigint, reason text)
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    target regclass := ops.merged_table(wanted_stream);
begin
    if target is null then
        raise exception 'there is no stream %', wanted_stream;
    end if;
    perform ops.unpack_misfits(wanted_stream, from_at, until_at);
    return query execute format(
        $query$
            with
            misfit as materialized (
                select * from (
                    select t.ctid as place, t.tableoid as part, %1$s as reason from %2$s as t where %3$s offset 0
                ) as e
                where e.reason is not null
            ),

            removed as (
                delete from %2$s as t using misfit as m where t.ctid = m.place and t.tableoid = m.part and %3$s
                returning to_jsonb(t) as body, 'the archive cannot hold it: ' || m.reason as reason
            ),

            recorded as (
                insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
                select
                    $3 as stream, coalesce((r.body ->> 'gatherer_id')::smallint, 0) as gatherer_id,
                    '0' as ingest_xid, r.reason, r.body
                from removed as r
                returning rejected_rows.reason
            )

            select count(*), min(r.reason) from recorded as r
        $query$,
        ops.misfit_expression(target, target),
        target,
        case when time_column is null then 'true' else format('t.%1$I >= $1 and t.%1$I < $2', time_column) end
    ) using from_at, until_at, wanted_stream;
end;
$$;

comment on function ops.quarantine_rows is 'Move rows that the archive cannot hold into quarantine.';

revoke execute on function ops.quarantine_rows from public;
