create table capture.connections (
    connection_id integer generated always as identity primary key,
    url text not null,
    use_yes_price boolean not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    close_reason text,
    frames_received bigint
);

comment on table capture.connections is 'One row per WebSocket connection to the exchange.';
comment on column capture.connections.use_yes_price is 'Whether NO levels were asked for on the YES price scale.';
comment on column capture.connections.closed_at is 'Null while open, or when the program ended before it could say.';
comment on column capture.connections.frames_received is 'Frames received on it, known when it closed.';
