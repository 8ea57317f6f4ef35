alter table capture.gaps alter column gap_id drop identity;
alter table capture.gaps drop constraint gaps_pkey;
alter table capture.gaps drop column gap_id;
alter table capture.gaps alter column connection_id type bigint;
alter table capture.gaps add column ingest_xid xid8 not null default pg_current_xact_id();
alter table capture.gaps add column frame_number bigint not null;
alter table capture.gaps add column channel text not null;
alter table capture.gaps add column began_at timestamptz not null;
alter table capture.gaps add column ended_at timestamptz;
alter table capture.gaps add column repair text;
alter table capture.gaps add primary key (frame_number);
create index on capture.gaps (ingest_xid);

comment on column capture.gaps.ingest_xid is 'The transaction that wrote or last changed the row.';
comment on column capture.gaps.frame_number is 'The number in the frame log of the frame that showed the gap.';
comment on column capture.gaps.channel is 'The exchange''s channel of the subscription.';
comment on column capture.gaps.began_at is 'When the last frame before the gap was received.';
comment on column capture.gaps.detected_at is 'When the frame that showed the gap was received.';
comment on column capture.gaps.ended_at is
'When the last of its books had a new snapshot, or its trades had been fetched; null until then.';
comment on column capture.gaps.repair is
'snapshot or rest; null while nothing has repaired it, and for other channels.';
