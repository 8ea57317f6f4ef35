-- Update ops.expected from subscriptions, have upkeep compare it with what the exchange says of the markets, and make
-- minutes due again that were classified before the gatherer reported the subscription. Triggers call it in each
-- statement that changes ops.subscriptions.
-- Reads: ops.subscriptions, ops.connections, ops.heartbeats
-- Writes: ops.expected, ops.expected_due, ops.market_minutes_due
-- Returns: nothing
create or replace function ops.on_coverage_change() returns trigger
language plpgsql
as $$
begin
    with updated as (
        insert into ops.expected as e (channel, market_ticker, began_at, dropped_at)
        select
            c.channel, c.market_ticker, c.began_at, case when newest.end_reason = 'dropped' then newest.ended_at end
        from (
            select each.channel, each.market_ticker, min(each.began_at) as began_at
            from changed as each
            where
                each.channel in (select s.channel from ops.classified_streams() as s)
                and each.began_at <@ (select ops.believed_times())
            group by each.channel, each.market_ticker
        ) as c
        cross join lateral (
            select s.ended_at, s.end_reason
            from ops.subscriptions as s
            where s.channel = c.channel and s.market_ticker = c.market_ticker
            order by coalesce(s.ended_at, timestamptz 'infinity') desc
            limit 1
        ) as newest
        -- Always in the same order, so that two deduplicators cannot deadlock.
        order by c.channel, c.market_ticker
        on conflict (channel, market_ticker) do update
            set began_at = least(e.began_at, excluded.began_at), dropped_at = excluded.dropped_at
            where e.began_at > excluded.began_at or e.dropped_at is distinct from excluded.dropped_at
        returning e.market_ticker
    )

    insert into ops.expected_due (market_ticker)
    select u.market_ticker from updated as u
    where u.market_ticker <> '';

    -- A beginning or an end changes all minutes that follow: what was expected, and what other gatherers repaired.
    if tg_op = 'INSERT' then
        insert into ops.market_minutes_due (stream, market_ticker, during)
        select l.stream, c.market_ticker, tstzrange(min(c.began_at), null) as during
        from changed as c
        inner join ops.classified_streams() as l on c.channel = l.channel
        where c.began_at <@ (select ops.believed_times())
        group by l.stream, c.market_ticker;
        return null;
    end if;
    insert into ops.market_minutes_due (stream, market_ticker, during)
    select l.stream, s.market_ticker, tstzrange(min(s.since), null) as during
    from (
        select
            c.channel, c.market_ticker,
            -- Coverage that turns out to be longer counted until its first end, or until its connection closed, or
            -- until the last heartbeat.
            case
                when c.ended_at is null then c.began_at
                else greatest(
                    c.began_at, least(c.ended_at, coalesce(p.ended_at, n.closed_at), least(h.beat_at, h.read_at))
                )
            end as since
        from changed as c
        inner join previous as p
            on c.gatherer_id = p.gatherer_id and c.epoch = p.epoch and c.connection_id = p.connection_id
                and c.sid = p.sid and c.market_ticker = p.market_ticker and c.began_at = p.began_at
        left join ops.connections as n
            on c.gatherer_id = n.gatherer_id and c.epoch = n.epoch and c.connection_id = n.connection_id
        left join ops.heartbeats as h on c.gatherer_id = h.gatherer_id and c.epoch = h.epoch
    ) as s
    inner join ops.classified_streams() as l on s.channel = l.channel
    where s.since <@ (select ops.believed_times())
    group by l.stream, s.market_ticker;
    return null;
end;
$$;

comment on function ops.on_coverage_change is
'Update ops.expected, and make minutes due again that a subscription touches.';

create or replace trigger on_coverage_insert after insert on ops.subscriptions
referencing new table as changed
for each statement execute function ops.on_coverage_change();

create or replace trigger on_coverage_update after update on ops.subscriptions
referencing old table as previous new table as changed
for each statement execute function ops.on_coverage_change();
