-- Join rows that agree in everything that both know: each goes to the first one that it agrees with. The result is the
-- same for the same rows. It holds nothing that was not received, and everything that was.
-- Several rows of one time may agree with each other in more than one way, if no line received the fields that
-- distinguish them. Then the richest two are joined: fewer facts explain what was received.
-- Parameters: richest, the result of ops.richest_rows
-- Returns: the joined rows
create or replace function ops.join_rows(richest jsonb[]) returns jsonb[]
language plpgsql
immutable
parallel safe
as $$
declare
    joined jsonb[] := '{}';
    candidate jsonb;
    agreeing integer;
begin
    foreach candidate in array richest loop
        agreeing := (
            select min(j.place)
            from unnest(joined) with ordinality as j (labels, place)
            where j.labels || candidate = candidate || j.labels
        );
        if agreeing is null then
            joined := joined || candidate;
        else
            joined[agreeing] := joined[agreeing] || candidate;
        end if;
    end loop;
    return joined;
end;
$$;

comment on function ops.join_rows is 'Rows of which those that agree in everything that both know are joined.';
