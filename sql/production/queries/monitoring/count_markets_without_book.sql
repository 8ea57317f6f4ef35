-- Count the markets whose order book is expected now, and that no gatherer with a fresh heartbeat has followed in the
-- last minute. If a market is over, gatherers stop following it at once, and upkeep ends what is expected of it later.
-- Until then the market is in ops.expected_due and does not count as missing.
-- Parameters: silence_seconds float8, the age at which a heartbeat is no longer fresh
-- Reads: ops.expected, ops.expected_due, ops.subscriptions, ops.heartbeats
-- Returns: how many markets are expected, how many of them are missing, and one of these
with alive as materialized (
    select
        h.gatherer_id,
        h.epoch
    from ops.heartbeats as h
    where h.read_at > now() - %(silence_seconds)s::float8 * interval '1 s'
),

expected as (
    select
        e.market_ticker,
        b.is_followed is null
        and e.market_ticker not in (select d.market_ticker from ops.expected_due as d) as is_missing
    from ops.expected as e
    left join lateral (
        select bool_or(true) as is_followed
        from ops.subscriptions as s
        inner join alive as a on s.gatherer_id = a.gatherer_id and s.epoch = a.epoch
        where
            s.market_ticker = e.market_ticker
            and s.channel = e.channel
            and coalesce(s.ended_at, 'infinity') > now() - interval '1 min'
    ) as b on true
    where e.channel = 'orderbook_delta' and coalesce(upper(e.during), 'infinity') > now() and lower(e.during) <= now()
)

select
    count(*) as markets_expected,
    count(*) filter (where e.is_missing) as markets_missing,
    max(e.market_ticker) filter (where e.is_missing) as missing_ticker
from expected as e;
