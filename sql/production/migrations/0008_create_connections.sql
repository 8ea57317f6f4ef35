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
    primary key (gatherer_id, epoch, connection_id)
);

comment on table ops.connections is 'The gatherers'' connections to the exchange, in their last known state.';
comment on column ops.connections.closed_at is 'Null while open.';
