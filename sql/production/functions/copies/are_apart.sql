-- Decide whether a message was sent before the connection opened that received another one, so that no line can have
-- received both as one message. Both must say when they were sent. When a connection opened is computed for the
-- exchange's clock from how long before the message that was, since clocks of hosts differ.
-- Parameters: held_seen, held_received and held_gatherer of a held message; seen, received and connected of a staged
-- one: connected is when its connection opened
-- Reads: ops.connections
-- Returns: false also if production does not know when the connection opened
create or replace function ops.are_apart(
    held_seen timestamptz, held_received timestamptz, held_gatherer smallint,
    seen timestamptz, received timestamptz, connected timestamptz
) returns boolean
language sql
stable
as $$
    select coalesce(
        held_seen <> held_received and seen <> received and case
            when held_seen <= seen
                then connected <= received and held_seen + interval '1 s' < seen - (received - connected)
            else (
                select seen + interval '1 s' < held_seen - (held_received - min(c.opened_at))
                from ops.connections as c
                where
                    c.gatherer_id = held_gatherer and c.opened_at <= held_received
                    and coalesce(c.closed_at, 'infinity') >= held_received
            )
        end,
        false
    );
$$;

comment on function ops.are_apart is
'Whether a message was sent before the connection opened that received another one.';
