create table ops.subscriptions (
    gatherer_id smallint not null,
    epoch uuid not null,
    connection_id bigint not null,
    sid integer not null,
    channel text not null,
    market_ticker text collate "C" not null,
    began_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    ingest_xid xid8 not null default '0',
    primary key (gatherer_id, epoch, connection_id, sid, market_ticker, began_at)
);
create index on ops.subscriptions (market_ticker, channel, began_at);
-- Finds what covered a market at some time without reading the market's whole history.
create index subscriptions_known_until on ops.subscriptions (
    market_ticker, channel, (coalesce(ended_at, timestamptz 'infinity'))
);
create index on ops.subscriptions (ended_at);
-- Finds the coverage that a returning gatherer's heartbeat confirms, and that a lost connection ends.
create index subscriptions_open on ops.subscriptions (gatherer_id, epoch, connection_id) where ended_at is null;

comment on table ops.subscriptions is
'When each gatherer covered each market: it received every message published then.';
comment on column ops.subscriptions.gatherer_id is 'The gatherer.';
comment on column ops.subscriptions.epoch is 'The identity of the gatherer''s database.';
comment on column ops.subscriptions.connection_id is 'The connection, as in ops.connections.';
comment on column ops.subscriptions.sid is 'The exchange''s subscription id, which is unique per connection only.';
comment on column ops.subscriptions.channel is
'The exchange''s channel: orderbook_delta, ticker, trade, market_lifecycle_v2, …';
comment on column ops.subscriptions.market_ticker is 'Empty for a channel of all markets.';
comment on column ops.subscriptions.began_at is
'Start of coverage: for an order book its snapshot, for other channels the acknowledgement.';
comment on column ops.subscriptions.ended_at is
'Null while covered, which is known until the gatherer''s last heartbeat.';
comment on column ops.subscriptions.end_reason is
'gap, closed, stopped, crashed, dropped, or the exchange''s error.';
comment on column ops.subscriptions.ingest_xid is
'The gatherer''s transaction that wrote this state; a later one replaces it.';
