-- Forget the neighbourhoods in which all changes have the same labels: the merge compares their rows by labels alone.
-- Writes: pg_temp.evidence, pg_temp.held_changes
-- Returns: nothing
create or replace function ops.drop_plain_neighbourhoods() returns void
language plpgsql
as $$
declare
    plain bigint[];
begin
    select array_agg(k.neighbourhood) into plain
    from (
        select u.neighbourhood
        from (
            select
                e.neighbourhood, 2 * e.time_digits + (e.clock <> 0)::integer as labels,
                e.is_stored or e.is_counted or e.time_digits < 0 as is_mixed
            from pg_temp.evidence as e
            union all
            select
                h.neighbourhood, 2 * h.time_digits + (h.clock <> 0)::integer as labels, h.time_digits < 0 as is_mixed
            from pg_temp.held_changes as h
        ) as u
        group by u.neighbourhood
        having min(u.labels) = max(u.labels) and not bool_or(u.is_mixed)
    ) as k;
    delete from pg_temp.evidence as e where e.neighbourhood in (select unnest(plain));
    delete from pg_temp.held_changes as h where h.neighbourhood in (select unnest(plain));
end;
$$;

comment on function ops.drop_plain_neighbourhoods is 'Forget neighbourhoods in which all changes have the same labels.';
