-- Join rows that agree in everything that both know. The result is the same for the same rows, and holds no value that
-- was not received. Rows whose time is known come first, and each goes to the first one that it agrees with: if
-- several rows of one time agree with each other in more than one way, then no line received the fields that
-- distinguish them, and fewer facts explain what was received. A row of an unknown time goes to another one only if it
-- agrees with no second one: else its values may belong to either, and it adds nothing.
-- Parameters: richest, the result of ops.richest_rows; a row of a known time has the key exchange_ts
-- Returns: the joined rows
create or replace function ops.join_rows(richest jsonb[]) returns jsonb[]
language plpgsql
immutable
parallel safe
as $$
declare
    joined jsonb[] := '{}';
    candidate jsonb;
    agreeing bigint[];
begin
    for candidate in
        select r.labels from unnest(richest) with ordinality as r (labels, place)
        order by r.labels ? 'exchange_ts' desc, r.place
    loop
        agreeing := array(
            select j.place
            from unnest(joined) with ordinality as j (labels, place)
            where j.labels || candidate = candidate || j.labels
            order by j.place
        );
        if cardinality(agreeing) = 0 then
            joined := joined || candidate;
        elsif cardinality(agreeing) = 1 or candidate ? 'exchange_ts' then
            joined[agreeing[1]] := joined[agreeing[1]] || candidate;
        end if;
    end loop;
    return joined;
end;
$$;

comment on function ops.join_rows is 'Rows of which those that agree in everything that both know are joined.';
