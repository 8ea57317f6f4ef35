create table capture.connections (
    ingest_xid xid8 not null default pg_current_xact_id(),
    connection_id bigint primary key,
    name text not null default '',
    url text not null,
    use_yes_price boolean not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    close_reason text,
    frames_received bigint
);
create index on capture.connections (ingest_xid);

comment on table capture.connections is 'One row per WebSocket connection to the exchange.';
comment on column capture.connections.ingest_xid is 'The transaction that wrote or last changed the row.';
comment on column capture.connections.connection_id is
'The frame-log number of the record that opened the connection.';
comment on column capture.connections.name is 'The purpose of the connection: books-1, ticker-1, …';
comment on column capture.connections.url is 'The address of the exchange''s WebSocket.';
comment on column capture.connections.use_yes_price is
'Whether the gatherer asked for NO levels on the YES price scale.';
comment on column capture.connections.opened_at is 'When the connection opened.';
comment on column capture.connections.closed_at is 'Null while open; after a crash, set at the next start.';
comment on column capture.connections.close_reason is 'Why it closed; crashed if the program ended without closing it.';
comment on column capture.connections.frames_received is 'Frames received on it; null while open and after a crash.';
