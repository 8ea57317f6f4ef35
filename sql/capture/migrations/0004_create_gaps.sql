create table capture.gaps (
    ingest_xid xid8 not null default pg_current_xact_id(),
    frame_number bigint primary key,
    connection_id bigint not null,
    sid integer not null,
    channel text not null,
    seq_expected bigint not null,
    seq_received bigint not null,
    began_at timestamptz not null,
    detected_at timestamptz not null,
    ended_at timestamptz,
    repair text
);
create index on capture.gaps (ingest_xid);

comment on table capture.gaps is
'Sequence numbers of a subscription that did not arrive in order, and snapshots that differ from what came before.';
comment on column capture.gaps.ingest_xid is 'The transaction that wrote or last changed the row.';
comment on column capture.gaps.frame_number is 'The frame-log number of the frame that revealed the gap.';
comment on column capture.gaps.connection_id is 'The connection, as in capture.connections.';
comment on column capture.gaps.sid is 'The exchange''s subscription id, which is unique per connection only.';
comment on column capture.gaps.channel is 'The exchange''s channel of the subscription.';
comment on column capture.gaps.seq_expected is
'The sequence number that should have come next; if a snapshot differs from what was received, that of the snapshot
before it.';
comment on column capture.gaps.seq_received is
'The sequence number that came; lower than expected if the exchange repeated itself; if a snapshot differs from what
was received, its number.';
comment on column capture.gaps.began_at is 'When the last frame before the gap was received.';
comment on column capture.gaps.detected_at is 'When the frame that revealed the gap was received.';
comment on column capture.gaps.ended_at is
'When the last affected book had a new snapshot, or the missing trades had been fetched; null until then.';
comment on column capture.gaps.repair is 'snapshot or rest; null until repaired, and always for other channels.';
