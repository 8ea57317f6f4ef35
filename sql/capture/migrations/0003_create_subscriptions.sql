create table capture.subscriptions (
    ingest_xid xid8 not null default pg_current_xact_id(),
    connection_id bigint not null,
    sid integer not null,
    channel text not null,
    market_ticker text collate "C" not null,
    began_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    primary key (connection_id, sid, market_ticker, began_at)
);
create index on capture.subscriptions (ingest_xid);

comment on table capture.subscriptions is
'When each market was covered on a connection: every message published then was received, or is listed in gaps.';
comment on column capture.subscriptions.ingest_xid is 'The transaction that wrote or last changed the row.';
comment on column capture.subscriptions.connection_id is 'The connection, as in capture.connections.';
comment on column capture.subscriptions.sid is 'The exchange''s subscription id, which is unique per connection only.';
comment on column capture.subscriptions.channel is
'The exchange''s channel: orderbook_delta, ticker, trade, market_lifecycle_v2, …';
comment on column capture.subscriptions.market_ticker is 'Empty for a channel of all markets.';
comment on column capture.subscriptions.began_at is
'Start of coverage: for an order book its snapshot, for other channels the acknowledgement.';
comment on column capture.subscriptions.ended_at is
'Time of the last frame before a gap or the end; null while covered. After a gap, the next snapshot starts a new row.';
comment on column capture.subscriptions.end_reason is
'gap, closed, stopped, crashed, dropped, or the exchange''s error.';
