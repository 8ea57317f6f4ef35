create table capture.quarantine (
    quarantine_id bigint generated always as identity primary key,
    connection_id bigint not null,
    frame_number bigint,
    received_at timestamptz not null,
    reason text not null,
    frame bytea not null,
    frame_bytes integer not null,
    frame_sha256 bytea not null
);

comment on table capture.quarantine is
'Frames that the gatherer could not decode or store, kept byte for byte with the reason.';
comment on column capture.quarantine.quarantine_id is 'Counts the rows.';
comment on column capture.quarantine.connection_id is 'The connection, as in capture.connections.';
comment on column capture.quarantine.frame_number is 'The frame''s number in the frame log.';
comment on column capture.quarantine.received_at is 'When the frame was received, by this host''s clock.';
comment on column capture.quarantine.reason is 'Why the frame is here.';
comment on column capture.quarantine.frame is 'The frame as received, cut off at the length limit.';
comment on column capture.quarantine.frame_bytes is 'The length of the whole frame.';
comment on column capture.quarantine.frame_sha256 is 'The digest of the whole frame.';
