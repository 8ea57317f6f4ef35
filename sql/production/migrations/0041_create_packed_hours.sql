create table ops.packed_hours (
    stream text not null,
    hour timestamptz not null,
    next_ticker text collate "C" not null default '',
    packed_rows bigint not null default 0,
    packed_at timestamptz,
    unpackings integer not null default 0,
    pack_after timestamptz not null default '-infinity',
    primary key (stream, hour)
);
create index on ops.packed_hours (stream, packed_at);

comment on table ops.packed_hours is
'Hours of which some rows are packed. An hour without a row here has hot rows only.';
comment on column ops.packed_hours.stream is 'The stream.';
comment on column ops.packed_hours.hour is 'When the hour begins; for trades, the day.';
comment on column ops.packed_hours.next_ticker is
'The market with which packing goes on; those before it are packed.';
comment on column ops.packed_hours.packed_rows is 'How many rows were packed so far, those unpacked later included.';
comment on column ops.packed_hours.packed_at is
'When the last row was packed; null while hot rows are left, or may be since late rows were merged.';
comment on column ops.packed_hours.unpackings is
'How often late rows made rows of it hot again. Each time packing waits longer before it goes on.';
comment on column ops.packed_hours.pack_after is 'When packing may go on.';
