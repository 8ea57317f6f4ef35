create table ops.rejected_rows (
    rejected_at timestamptz not null default now(),
    stream text not null,
    gatherer_id smallint not null,
    ingest_xid xid8 not null,
    reason text not null,
    body jsonb not null
);
create index on ops.rejected_rows (rejected_at);

comment on table ops.rejected_rows is 'Rows of a gatherer that production rejected, whole, with the reason.';
comment on column ops.rejected_rows.rejected_at is 'When the row was rejected.';
comment on column ops.rejected_rows.stream is 'The stream of the row.';
comment on column ops.rejected_rows.gatherer_id is 'The gatherer that holds the row.';
comment on column ops.rejected_rows.ingest_xid is 'The gatherer''s transaction that wrote the row.';
comment on column ops.rejected_rows.reason is 'Why the row was rejected.';
comment on column ops.rejected_rows.body is 'The whole row.';
