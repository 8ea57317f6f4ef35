-- Have upkeep update what is expected of markets whose listing changed. Triggers call it in each statement that changes
-- market_data.markets.
-- Writes: ops.expected_due
-- Returns: nothing
create or replace function ops.on_market_change() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        insert into ops.expected_due (market_ticker) select c.ticker from changed as c;
        return null;
    end if;
    insert into ops.expected_due (market_ticker)
    select c.ticker
    from changed as c
    inner join former as f on c.ticker = f.ticker
    where (c.status, c.open_time, c.close_time) is distinct from (f.status, f.open_time, f.close_time);
    return null;
end;
$$;

comment on function ops.on_market_change is 'Have upkeep update what is expected of markets whose listing changed.';

create or replace trigger on_market_insert after insert on market_data.markets
referencing new table as changed
for each statement execute function ops.on_market_change();

create or replace trigger on_market_update after update on market_data.markets
referencing old table as former new table as changed
for each statement execute function ops.on_market_change();
