create table capture.acknowledgements (
    stream text primary key,
    ingest_xid xid8 not null,
    acknowledged_at timestamptz not null default now()
);

comment on table capture.acknowledgements is
'The position up to which each stream is merged and durable in production; newer rows are not dropped by age.';
comment on column capture.acknowledgements.stream is 'The name of its view in schema sync, without _v1.';
comment on column capture.acknowledgements.ingest_xid is 'The last transaction that is merged; it never goes back.';
comment on column capture.acknowledgements.acknowledged_at is 'When the deduplicator last acknowledged the stream.';
