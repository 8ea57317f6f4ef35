create table ops.connections (
    gatherer_id smallint not null,
    epoch uuid not null,
    connection_id bigint not null,
    name text not null,
    url text not null,
    use_yes_price boolean not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    close_reason text,
    frames_received bigint,
    ingest_xid xid8 not null default '0',
    primary key (gatherer_id, epoch, connection_id)
);
create index on ops.connections (opened_at);

comment on table ops.connections is 'The gatherers'' connections to the exchange, each in its last known state.';
comment on column ops.connections.gatherer_id is 'The gatherer.';
comment on column ops.connections.epoch is 'The identity of the gatherer''s database.';
comment on column ops.connections.connection_id is 'The gatherer''s number of the connection.';
comment on column ops.connections.name is 'The purpose of the connection: books-1, ticker-1, …';
comment on column ops.connections.url is 'The address of the exchange''s WebSocket.';
comment on column ops.connections.use_yes_price is 'Whether the gatherer asked for NO levels on the YES price scale.';
comment on column ops.connections.opened_at is 'When the connection opened.';
comment on column ops.connections.closed_at is 'Null while open.';
comment on column ops.connections.close_reason is 'Why it closed; crashed if the program ended without closing it.';
comment on column ops.connections.frames_received is 'Frames received on it; null while open and after a crash.';
comment on column ops.connections.ingest_xid is
'The gatherer''s transaction that wrote this state; a later one replaces it.';
