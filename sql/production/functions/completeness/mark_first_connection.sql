-- Remember when the first gatherer connected, since nothing was expected before, and have what is expected of markets
-- updated if an earlier connection became known. Old connections may be deleted; what is remembered stays.
-- Reads: ops.connections, ops.expected
-- Writes: ops.watermarks, ops.expected_due
-- Returns: nothing
create or replace function ops.mark_first_connection() returns void
language plpgsql
as $$
declare
    known_before timestamptz;
    earliest timestamptz;
begin
    select w.moment into known_before from ops.watermarks as w where w.name = 'first_connection';
    select min(c.opened_at) into earliest
    from ops.connections as c
    where
        c.opened_at >= (select lower(ops.believed_times())) and c.opened_at <= (select upper(ops.believed_times()));
    if earliest is null or earliest >= known_before then
        return;
    end if;
    insert into ops.watermarks (name, moment) values ('first_connection', earliest)
    on conflict (name) do update set moment = excluded.moment;
    -- The opening of a market counts if its coverage followed within a day.
    insert into ops.expected_due (market_ticker)
    select e.market_ticker
    from ops.expected as e
    where e.market_ticker <> '' and coalesce(e.began_at < known_before + interval '1 day', true);
end;
$$;

comment on function ops.mark_first_connection is
'Remember when the first gatherer connected, and have what is expected of markets updated if that changed.';
