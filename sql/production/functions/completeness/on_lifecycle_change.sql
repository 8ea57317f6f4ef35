-- Have upkeep update what is expected of a market that is activated, determined or settled. A trigger calls it.
-- Writes: ops.expected_due
-- Returns: nothing
create or replace function ops.on_lifecycle_change() returns trigger
language plpgsql
as $$
begin
    insert into ops.expected_due (market_ticker) values (new.subject_ticker);
    return null;
end;
$$;

comment on function ops.on_lifecycle_change is
'Have upkeep update what is expected of a market that is activated, determined or settled.';

create or replace trigger on_lifecycle_change after insert or update on market_data.lifecycle_events
for each row
when (new.kind in ('activated', 'determined', 'settled'))
execute function ops.on_lifecycle_change();
