-- Compute which gatherer received what, per stream and hour: once when an hour has settled, and once more a day later,
-- when late gatherers have caught up. Then the hour's sightings are deleted.
-- Parameters: deltas_one_in, the sample's size: one order-book change of this many; hours_max, how many hours one call
-- does
-- Reads: ops.sightings, ops.heartbeats
-- Writes: ops.arbitration, ops.sightings, ops.watermarks
-- Returns: how many rows of ops.arbitration were written
create or replace function ops.advance_arbitration(deltas_one_in integer, hours_max integer default 24)
returns bigint
language plpgsql
as $$
declare
    settled timestamptz := ops.settled_until();
    began timestamptz;
    ended timestamptz;
    pass record;
    written bigint := 0;
    total bigint := 0;
begin
    for pass in
        select p.name, date_trunc('hour', settled - p.after, 'UTC') as until_at
        from (values ('arbitration', interval '0'), ('final arbitration', interval '1 day')) as p (name, after)
    loop
        select w.moment into began from ops.watermarks as w where w.name = pass.name for update;
        if not found then
            select date_trunc('hour', min(s.seen_at), 'UTC') into began
            from (
                select min(t.seen_at) as seen_at from ops.sightings as t where t.stream = 'trades'
                union all
                select min(d.seen_at) as seen_at from ops.sightings as d where d.stream = 'orderbook_deltas'
            ) as s;
        end if;
        continue when began is null or began >= pass.until_at;
        ended := least(pass.until_at, began + make_interval(hours => hours_max));
        written := ops.arbitrate_hours(began, ended, deltas_one_in);
        total := total + written;
        insert into ops.watermarks (name, moment) values (pass.name, ended)
        on conflict (name) do update set moment = excluded.moment;
        if pass.name = 'final arbitration' then
            delete from ops.sightings as s where s.stream in ('trades', 'orderbook_deltas') and s.seen_at < ended;
        end if;
    end loop;
    return total;
end;
$$;

comment on function ops.advance_arbitration is 'Compute which gatherer received what, per stream and hour.';
