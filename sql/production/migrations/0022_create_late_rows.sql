create table ops.late_rows (
    stream text not null,
    market_ticker text collate "C" not null,
    during tstzrange not null,
    recorded_at timestamptz not null default now()
);

comment on table ops.late_rows is
'Times of rows merged so late that upkeep may have passed them; each is processed once and deleted.';
comment on column ops.late_rows.stream is 'The stream of the rows.';
comment on column ops.late_rows.market_ticker is 'The market of the rows.';
comment on column ops.late_rows.during is 'From the first to the last of the rows that one merge brought.';
comment on column ops.late_rows.recorded_at is 'When the rows were merged.';
