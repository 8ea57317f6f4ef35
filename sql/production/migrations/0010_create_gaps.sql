create table ops.gaps (
    gatherer_id smallint not null,
    epoch uuid not null,
    frame_number bigint not null,
    connection_id bigint not null,
    sid integer not null,
    channel text not null,
    seq_expected bigint not null,
    seq_received bigint not null,
    began_at timestamptz not null,
    detected_at timestamptz not null,
    ended_at timestamptz,
    repair text,
    primary key (gatherer_id, epoch, frame_number)
);
create index on ops.gaps (began_at);

comment on table ops.gaps is 'What each gatherer knows it missed on one connection; another may have received it.';
comment on column ops.gaps.began_at is 'When the last frame before the gap was received.';
comment on column ops.gaps.ended_at is 'When this gatherer repaired it; null until then.';
comment on column ops.gaps.repair is 'snapshot or rest; null while nothing has repaired it.';
