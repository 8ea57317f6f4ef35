-- Make minutes due again if a gatherer closed their gap by fetching what it missed. Triggers call it in each statement
-- that changes ops.gaps.
-- Writes: ops.market_minutes_due
-- Returns: nothing
create or replace function ops.on_gap_change() returns trigger
language plpgsql
as $$
begin
    insert into ops.market_minutes_due (stream, market_ticker, during)
    select l.stream, '' as market_ticker, ops.ordered_range(c.began_at, c.detected_at) as during
    from changed as c
    inner join ops.classified_streams() as l on c.channel = l.channel
    where c.repair = 'rest' and not l.is_by_market and c.detected_at <> c.began_at;
    return null;
end;
$$;

comment on function ops.on_gap_change is 'Make minutes due again whose gap was closed.';

create or replace trigger on_gap_insert after insert on ops.gaps
referencing new table as changed
for each statement execute function ops.on_gap_change();

create or replace trigger on_gap_update after update on ops.gaps
referencing new table as changed
for each statement execute function ops.on_gap_change();
