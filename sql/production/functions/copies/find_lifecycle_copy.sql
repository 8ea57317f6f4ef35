-- Find the held lifecycle event of which a staged one is a copy. Connections receive a message up to 5 s apart; an
-- equal one up to 30 s, if one of them stalls, so only if the gatherer of the later copy was connected at the earlier,
-- and not if both say when they were sent: those times do not depend on the lines.
-- What was sent before a connection opened is no copy of what that received.
-- A staged row says when its own connection opened: production may not know yet that the one before it has closed.
-- The connection of the staged row received messages with all its fields at the times in `earlier`, then this one. All
-- are held if from each of these times on at least as many messages are held that agree with it, with those seconds
-- more at either end. Then this one is a copy, also if its connection missed those before its first one.
-- A row of the archive has no such times: production held it beside all that have other numbers.
-- Parameters: subject, kind, seen, received, gatherer, body, number, earlier, connected: columns of the staged row
-- Reads: market_data.lifecycle_events, ops.connections
-- Returns: the held row, with the joined body; no row if the message is new
create or replace function ops.find_lifecycle_copy(
    subject text, kind text, seen timestamptz, received timestamptz, gatherer smallint, body jsonb, number integer,
    earlier timestamptz[], connected timestamptz
) returns table (
    seen_at timestamptz, payload jsonb, payload_sha256 bytea, occurrence integer, gatherer_id smallint, joined jsonb
)
language sql
stable
as $$
    with
    sent as materialized (
        select e.at, count(*) over (order by e.at desc) as messages
        from unnest(array_append(earlier, seen)) as e (at)
        union all
        -- Those before the listed ones came each within 60 s of the next.
        select min(e.at) - interval '60 s' * (number - cardinality(earlier)), number + 1
        from unnest(earlier) as e (at)
        where number between cardinality(earlier) + 1 and 1000
        having count(*) > 0
    ),

    span as materialized (
        select least(min(s.at), seen) as from_at, greatest(max(s.at), seen) as until_at
        from sent as s
    ),

    agreeing as materialized (
        select
            k.*, a.payload as joined,
            case when k.payload = body and (k.seen_at = k.received_at or seen = received) and case
                when k.seen_at > seen then ops.is_connected_from(seen, k.gatherer_id, k.received_at)
                else coalesce(connected <= k.seen_at, ops.is_connected_from(k.seen_at, gatherer, received))
            end then interval '30 s' else interval '5 s' end as lateness
        from market_data.lifecycle_events as k
        cross join span as p
        cross join lateral (select ops.agreed_payload(k.payload, body) as payload) as a
        where
            k.subject_ticker = find_lifecycle_copy.subject and k.kind = find_lifecycle_copy.kind
            and k.seen_at between p.from_at - interval '30 s' and p.until_at + interval '30 s'
            and a.payload is not null
            and not ops.are_apart(k.seen_at, k.received_at, k.gatherer_id, seen, received, connected)
    )

    select a.seen_at, a.payload, a.payload_sha256, a.occurrence, a.gatherer_id, a.joined
    from agreeing as a
    where
        a.seen_at between seen - a.lateness and seen + a.lateness
        and case
            when earlier is null then a.occurrence = number
            else not exists (
                select from sent as s
                where
                    s.messages > (
                        select count(*)
                        from agreeing as o
                        where
                            o.seen_at >= least(s.at, seen) - o.lateness
                            and o.seen_at <= greatest(s.at, seen) + o.lateness
                    )
            )
        end
    -- Those before this one on its connection are held with all its fields, too. If no more are, this one adds fields.
    order by
        (a.joined = a.payload) = (
            (
                select count(*)
                from agreeing as o
                cross join span as p
                where
                    o.joined = o.payload
                    and o.seen_at between p.from_at - interval '5 s' and seen + interval '5 s'
            ) > number
        ) desc,
        abs(extract(epoch from a.seen_at - seen)) asc, a.payload_sha256 asc
    limit 1;
$$;

comment on function ops.find_lifecycle_copy is 'Find the held lifecycle event of which a staged one is a copy.';
