-- List when gatherers covered any market on any channel. A subscription without an end counts until its connection
-- ended or until the gatherer's last heartbeat of the same epoch, by its clock or by production's, whichever is
-- earliest. If neither is known, it counts for no time at all.
-- Parameters: wanted, spans that touch this time
-- Reads: ops.subscriptions, ops.connections, ops.heartbeats
-- Returns: one row per span, not cut to the time wanted; market_ticker is empty for a channel of all markets
create or replace function ops.coverage_spans_during(wanted tstzrange)
returns table (
    channel text,
    market_ticker text,
    gatherer_id smallint,
    connection_id bigint,
    sid integer,
    began_at timestamptz,
    during tstzrange,
    ended_at timestamptz,
    end_reason text
)
language sql
stable
as $$
    select
        s.channel, s.market_ticker, s.gatherer_id, s.connection_id, s.sid, s.began_at,
        tstzrange(
            s.began_at,
            greatest(s.began_at, coalesce(s.ended_at, least(c.closed_at, h.beat_at, h.read_at), s.began_at))
        ) as during,
        s.ended_at, s.end_reason
    from ops.subscriptions as s
    left join ops.connections as c
        on s.gatherer_id = c.gatherer_id and s.epoch = c.epoch and s.connection_id = c.connection_id
    left join ops.heartbeats as h on s.gatherer_id = h.gatherer_id and s.epoch = h.epoch
    where
        s.began_at <@ (select ops.believed_times())
        and s.began_at < coalesce(upper(wanted), 'infinity')
        and coalesce(s.ended_at, timestamptz 'infinity') > coalesce(lower(wanted), '-infinity')
        -- The same for the index of all markets; the index above it is of single markets.
        and (s.ended_at is null or s.ended_at > coalesce(lower(wanted), '-infinity'));
$$;

comment on function ops.coverage_spans_during is
'When gatherers covered any market on any channel, as far as that is known.';
