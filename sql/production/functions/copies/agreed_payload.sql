-- Join two bodies that may be copies of one message: a field that one of them lacks, or has as null, is taken from the
-- other one, also inside of objects. Of an event's fees null is a value: they are no longer others than those of its
-- series.
-- Parameters: one, other
-- Returns: the joined body; null if both have a field with different values
create or replace function ops.agreed_payload(one jsonb, other jsonb) returns jsonb
language plpgsql
immutable
as $$
declare
    joined jsonb := one;
    field record;
    part jsonb;
begin
    if one = other or other = 'null' then
        return one;
    elsif one = 'null' then
        return other;
    elsif jsonb_typeof(one) <> 'object' or jsonb_typeof(other) <> 'object' then
        return null;
    end if;
    for field in select e.key, e.value from jsonb_each(other) as e loop
        if field.key in ('fee_type_override', 'fee_multiplier_override') and one -> field.key <> field.value then
            return null;
        end if;
        part := ops.agreed_payload(coalesce(one -> field.key, 'null'), field.value);
        if part is null then
            return null;
        end if;
        joined := joined || jsonb_build_object(field.key, part);
    end loop;
    return joined;
end;
$$;

comment on function ops.agreed_payload is 'Two copies of a message joined; null if they are two messages.';
