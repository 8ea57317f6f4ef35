-- Record that coverage of markets started, unless they are covered already.
-- Parameters: rows jsonb, an array of objects
-- Writes: capture.subscriptions
-- Returns: nothing
insert into capture.subscriptions (connection_id, sid, channel, market_ticker, began_at)
select
    r.connection_id,
    r.sid,
    r.channel,
    r.market_ticker,
    r.began_at
from
    jsonb_to_recordset(%(rows)s::jsonb) as r (
        connection_id bigint, sid integer, channel text, market_ticker text, began_at timestamptz
    )
where
    not exists (
        select from capture.subscriptions as s
        where
            s.connection_id = r.connection_id
            and s.sid = r.sid
            and s.market_ticker = r.market_ticker
            and s.ended_at is null
    )
on conflict do nothing;
