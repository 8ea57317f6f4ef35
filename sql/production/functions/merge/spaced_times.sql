-- Choose of ascending times the first one, and each that is more than a pause after the one chosen before it.
-- Parameters: times, ascending; pause
-- Returns: the chosen times, ascending
create or replace function ops.spaced_times(times timestamptz[], pause interval) returns timestamptz[]
language plpgsql
immutable
as $$
declare
    chosen timestamptz[] := times[1:1];
    newest timestamptz := times[1];
    moment timestamptz;
begin
    foreach moment in array times loop
        if moment > newest + pause then
            chosen := chosen || moment;
            newest := moment;
        end if;
    end loop;
    return chosen;
end;
$$;

comment on function ops.spaced_times is 'Of ascending times, those that lie more than a pause apart.';
