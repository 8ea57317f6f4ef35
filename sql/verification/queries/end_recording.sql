-- Record that gatherers record nothing more: nothing is expected any more from when the first of them had stopped.
-- Reads: ops.subscriptions
-- Writes: ops.expected
-- Returns: nothing
update ops.expected as e
set dropped_at = r.ended_at
from (
    select
        s.channel,
        s.market_ticker,
        min(s.ended_at) as ended_at
    from (
        select
            each.channel,
            each.market_ticker,
            max(coalesce(each.ended_at, 'infinity')) as ended_at
        from ops.subscriptions as each
        group by each.channel, each.market_ticker, each.gatherer_id
    ) as s
    group by s.channel, s.market_ticker
) as r
where
    e.channel = r.channel and e.market_ticker = r.market_ticker and e.dropped_at is null
    and isfinite(r.ended_at);
