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
    primary key (gatherer_id, epoch, connection_id, sid, market_ticker, began_at)
);
create index on ops.subscriptions (market_ticker, channel, began_at);

comment on table ops.subscriptions is
'When which gatherer covered which market: every message published then was received by it.';
comment on column ops.subscriptions.market_ticker is 'Empty for a channel of all markets.';
comment on column ops.subscriptions.ended_at is 'Null while covered, which holds until the gatherer''s last heartbeat.';
comment on column ops.subscriptions.end_reason is
'gap, closed, stopped, crashed, dropped, or the exchange''s error.';
