create table ops.lost_lines (
    gatherer_id smallint not null,
    epoch uuid not null,
    connection_id bigint not null,
    lost_at timestamptz not null,
    primary key (gatherer_id, epoch, connection_id)
);

comment on table ops.lost_lines is
'Connections with open subscriptions that were known to work until an earlier time than minutes are classified.';
comment on column ops.lost_lines.gatherer_id is 'The gatherer.';
comment on column ops.lost_lines.epoch is 'The identity of the gatherer''s database.';
comment on column ops.lost_lines.connection_id is 'The connection, as in ops.connections.';
comment on column ops.lost_lines.lost_at is
'Until when it is known to have worked; -infinity if no time of it is known.';
