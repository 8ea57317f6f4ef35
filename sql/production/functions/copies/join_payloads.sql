-- Join bodies of one message that lack fields: the result has every field that any of them has. If two differ in the
-- value of a field, the greater one is taken, so that the result is the same in any order. Bodies that are no objects
-- have no fields: the greatest of them is the result if no other body has a field.
-- Parameters: payloads
-- Returns: the joined body
create or replace function ops.join_payloads(payloads jsonb[]) returns jsonb
language sql
immutable
parallel safe
as $$
    select coalesce(
        (
            select jsonb_object_agg(f.key, f.value)
            from (
                select distinct on (e.key) e.key, e.value
                from unnest(payloads) as p (payload)
                cross join
                    jsonb_each(case when jsonb_typeof(p.payload) = 'object' then p.payload else '{}' end) as e (
                        key, value
                    )
                order by e.key asc, e.value desc
            ) as f
        ),
        (select p.payload from unnest(payloads) as p (payload) order by p.payload desc limit 1)
    );
$$;

comment on function ops.join_payloads is 'One body with the fields of all bodies of a message.';
