create table capture.gaps (
    gap_id bigint generated always as identity primary key,
    connection_id integer not null references capture.connections,
    sid integer not null,
    seq_expected bigint not null,
    seq_received bigint not null,
    detected_at timestamptz not null
);

comment on table capture.gaps is 'Sequence numbers of a subscription that did not arrive in order.';
comment on column capture.gaps.sid is 'The subscription id, which means something on its connection only.';
comment on column capture.gaps.seq_expected is 'The number that should have come next.';
comment on column capture.gaps.seq_received is
'The number that came; lower than expected where the exchange repeated itself.';
