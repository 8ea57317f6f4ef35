-- What covered a market at some time is found without reading its whole history.
create index subscriptions_known_until on ops.subscriptions (
    market_ticker, channel, (coalesce(ended_at, timestamptz 'infinity'))
);
-- So are those that a returning gatherer's heartbeat vouches for again.
create index subscriptions_open on ops.subscriptions (gatherer_id, epoch) where ended_at is null;
