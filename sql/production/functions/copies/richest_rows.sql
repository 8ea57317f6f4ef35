-- Leave out every row that is a poorer copy of another one: all that it knows, the other one knows, too. What is left
-- does not depend on the order or the batches in which rows came, nor on how often.
-- Parameters: known, rows as objects of what they know; nothing in them is null
-- Returns: the rows that are left, richest first
create or replace function ops.richest_rows(known jsonb[]) returns jsonb[]
language plpgsql
immutable
parallel safe
as $$
declare
    richest jsonb[] := '{}';
    candidate jsonb;
begin
    for candidate in
        select k.labels from unnest(known) as k (labels)
        order by (select count(*) from jsonb_object_keys(k.labels)) desc, k.labels desc
    loop
        if not exists (select from unnest(richest) as r (labels) where r.labels || candidate = r.labels) then
            richest := richest || candidate;
        end if;
    end loop;
    return richest;
end;
$$;

comment on function ops.richest_rows is 'Rows without those of which another one knows everything.';
