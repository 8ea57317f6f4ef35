-- Have the archive's books written again if a market turns out to have been open, or not, at the beginning of an hour.
-- Triggers call it in each statement that changes ops.expected.
-- Writes: what ops.mark_books writes
-- Returns: nothing
create or replace function ops.on_expected_change() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        perform ops.mark_books(range_agg(c.during))
        from changed as c
        where c.channel = 'orderbook_delta' and not isempty(c.during)
        having count(*) > 0;
        return null;
    end if;
    perform ops.mark_books(range_agg(d.part))
    from changed as c
    inner join former as f on c.channel = f.channel and c.market_ticker = f.market_ticker
    cross join lateral unnest(
        (tstzmultirange(c.during) - tstzmultirange(f.during)) + (tstzmultirange(f.during) - tstzmultirange(c.during))
    ) as d (part)
    where c.channel = 'orderbook_delta' and c.during <> f.during
    having count(*) > 0;
    return null;
end;
$$;

comment on function ops.on_expected_change is
'Have the archive''s books written again if a market turns out to have been open, or not, at an hour''s beginning.';

create or replace trigger on_expected_insert after insert on ops.expected
referencing new table as changed
for each statement execute function ops.on_expected_change();

create or replace trigger on_expected_update after update on ops.expected
referencing old table as former new table as changed
for each statement execute function ops.on_expected_change();
