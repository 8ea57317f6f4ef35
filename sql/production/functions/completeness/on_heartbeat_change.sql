-- Make minutes due again when a gatherer returns: if its heartbeat follows one that is much older, its open
-- subscriptions count for the time between. A trigger calls it.
-- Reads: ops.subscriptions
-- Writes: ops.market_minutes_due
-- Returns: nothing
create or replace function ops.on_heartbeat_change() returns trigger
language plpgsql
as $$
begin
    insert into ops.market_minutes_due (stream, market_ticker, during)
    select l.stream, s.market_ticker, tstzrange(greatest(least(old.beat_at, old.read_at), min(s.began_at)), null) as during
    from ops.subscriptions as s
    inner join ops.classified_streams() as l on s.channel = l.channel
    where s.gatherer_id = new.gatherer_id and s.epoch = new.epoch and s.ended_at is null
    group by l.stream, s.market_ticker;
    return null;
end;
$$;

comment on function ops.on_heartbeat_change is 'Make minutes due again that a returning gatherer covered.';

create or replace trigger on_heartbeat_update after update on ops.heartbeats
for each row
when (new.epoch = old.epoch and new.beat_at - old.beat_at > interval '30 s')
execute function ops.on_heartbeat_change();
