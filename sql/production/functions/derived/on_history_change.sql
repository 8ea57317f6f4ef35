-- Have the archive write those hours of a history again in which a state is new, or was fetched first as is known now
-- or was known before; and the hours of settlements that a state with a result is about. An hour whose states
-- production may have deleted stays as the archive holds it.
-- Triggers call it in each statement that adds or changes states.
-- Reads: ops.dropped_partitions
-- Writes: ops.archive_partitions
-- Returns: nothing
create or replace function ops.on_history_change() returns trigger
language plpgsql
as $$
declare
    touched timestamptz[];
    decided text[] := '{}';
begin
    if tg_op = 'INSERT' then
        touched := array(select c.fetched_at from changed as c);
    else
        touched := array(
            select t.fetched_at
            from changed as c
            inner join former as f on c.ticker = f.ticker and c.body_sha256 = f.body_sha256
            cross join lateral (values (c.fetched_at), (f.fetched_at)) as t (fetched_at)
            where c.fetched_at <> f.fetched_at
        );
    end if;
    perform ops.mark_derived(tg_table_name::text, touched);
    if tg_table_name = 'markets_history' then
        decided := array(select distinct c.ticker from changed as c where c.body ->> 'result' <> '');
    end if;
    if decided <> '{}' and touched <> '{}' then
        perform ops.mark_settlements(decided), ops.mark_derived('settlements', touched);
    end if;
    return null;
end;
$$;

comment on function ops.on_history_change is
'Have the archive write those hours of a history again in which states are new or were fetched first.';

create or replace trigger on_history_insert after insert on market_data.series_history
referencing new table as changed
for each statement execute function ops.on_history_change();

create or replace trigger on_history_update after update on market_data.series_history
referencing old table as former new table as changed
for each statement execute function ops.on_history_change();

create or replace trigger on_history_insert after insert on market_data.events_history
referencing new table as changed
for each statement execute function ops.on_history_change();

create or replace trigger on_history_update after update on market_data.events_history
referencing old table as former new table as changed
for each statement execute function ops.on_history_change();

create or replace trigger on_history_insert after insert on market_data.markets_history
referencing new table as changed
for each statement execute function ops.on_history_change();

create or replace trigger on_history_update after update on market_data.markets_history
referencing old table as former new table as changed
for each statement execute function ops.on_history_change();
