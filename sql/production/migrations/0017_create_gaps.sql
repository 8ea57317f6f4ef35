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
    ingest_xid xid8 not null default '0',
    primary key (gatherer_id, epoch, frame_number)
);
create index on ops.gaps (began_at);

comment on table ops.gaps is
'Messages that a gatherer knows it missed on one connection; another gatherer may have received them.';
comment on column ops.gaps.gatherer_id is 'The gatherer.';
comment on column ops.gaps.epoch is 'The identity of the gatherer''s database.';
comment on column ops.gaps.frame_number is
'The number, in the gatherer''s frame log, of the frame that revealed the gap.';
comment on column ops.gaps.connection_id is 'The connection, as in ops.connections.';
comment on column ops.gaps.sid is 'The exchange''s subscription id, which is unique per connection only.';
comment on column ops.gaps.channel is 'The exchange''s channel of the subscription.';
comment on column ops.gaps.seq_expected is
'The sequence number that should have come next; if a snapshot differs from what was received, that of the snapshot
before it.';
comment on column ops.gaps.seq_received is
'The sequence number that came; lower than expected if the exchange repeated itself; if a snapshot differs from what
was received, its number.';
comment on column ops.gaps.began_at is 'When the last frame before the gap was received.';
comment on column ops.gaps.detected_at is 'When the frame that revealed the gap was received.';
comment on column ops.gaps.ended_at is 'When this gatherer repaired it; null until then.';
comment on column ops.gaps.repair is 'snapshot or rest; null until repaired.';
comment on column ops.gaps.ingest_xid is
'The gatherer''s transaction that wrote this state; a later one replaces it.';
