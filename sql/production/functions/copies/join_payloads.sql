-- Join bodies of one message that lack fields: the result has every field that any of them has. If two differ in the
-- value of a field, the greater one is taken, so that the result is the same in any order.
-- Parameters: payloads
-- Returns: the joined body
create or replace function ops.join_payloads(payloads jsonb[]) returns jsonb
language sql
immutable
parallel safe
as $$
    select jsonb_object_agg(f.key, f.value)
    from (
        select distinct on (e.key) e.key, e.value
        from unnest(payloads) as p (payload)
        cross join jsonb_each(p.payload) as e (key, value)
        order by e.key asc, e.value desc
    ) as f;
$$;

comment on function ops.join_payloads is 'One body with the fields of all bodies of a message.';
