create table ops.late_rows (
    stream text not null,
    market_ticker text collate "C" not null,
    during tstzrange not null,
    noted_at timestamptz not null default now()
);

comment on table ops.late_rows is
'Rows that were merged when upkeep may have passed them already; each is looked at once and forgotten.';
comment on column ops.late_rows.during is 'From the first to the last of the rows of one merge.';
