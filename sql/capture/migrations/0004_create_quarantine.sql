create table capture.quarantine (
    quarantine_id bigint generated always as identity primary key,
    connection_id integer not null references capture.connections,
    received_at timestamptz not null,
    reason text not null,
    frame bytea not null,
    frame_bytes integer not null,
    frame_sha256 bytea not null
);

comment on table capture.quarantine is 'Frames that could not be understood or stored, kept verbatim with the reason.';
comment on column capture.quarantine.frame is 'The frame as received; its beginning where it is longer than the limit.';
comment on column capture.quarantine.frame_bytes is 'The length of the whole frame.';
comment on column capture.quarantine.frame_sha256 is 'The digest of the whole frame.';
