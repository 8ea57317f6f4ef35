create table ops.rejected_rows (
    rejected_at timestamptz not null default now(),
    stream text not null,
    gatherer_id smallint not null,
    ingest_xid xid8 not null,
    reason text not null,
    body jsonb not null
);

comment on table ops.rejected_rows is 'Rows of a gatherer that production refuses, whole, with the reason.';
comment on column ops.rejected_rows.ingest_xid is 'The gatherer''s transaction that holds the row.';
