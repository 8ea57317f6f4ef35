-- Move staged rows that do not fit into their table or into the archive out of the stage.
-- Parameters: merged_stream; target, the table that the rows go to
-- Writes: pg_temp.stage, ops.rejected_rows
-- Returns: per gatherer how many rows were rejected
create or replace function ops.reject_misfits(merged_stream text, target regclass)
returns table (gatherer_id smallint, rejected_rows bigint)
language plpgsql
as $$
begin
    return query execute format(
        $query$
            with
            misfit as materialized (
                select * from (select t.ctid as place, %s as reason from pg_temp.stage as t offset 0) as e
                where e.reason is not null
            ),

            removed as (
                delete from pg_temp.stage as t using misfit as m where t.ctid = m.place
                returning t.gatherer_id, t.ingest_xid, m.reason, to_jsonb(t) as body
            ),

            recorded as (
                insert into ops.rejected_rows (stream, gatherer_id, ingest_xid, reason, body)
                select $1 as stream, r.gatherer_id, r.ingest_xid, r.reason, r.body
                from removed as r
                returning gatherer_id
            )

            select r.gatherer_id, count(*) from recorded as r group by r.gatherer_id
        $query$,
        ops.misfit_expression(target, 'pg_temp.stage'::regclass)
    ) using merged_stream;
end;
$$;

comment on function ops.reject_misfits is
'Move staged rows that do not fit into their table or into the archive out of the stage.';
