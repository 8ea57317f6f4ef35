-- What covered a market at some time is found without reading its whole history.
create index subscriptions_known_until on ops.subscriptions (
    market_ticker, channel, (coalesce(ended_at, timestamptz 'infinity'))
);
