create table ops.market_minutes_due (
    stream text not null,
    market_ticker text collate "C" not null,
    during tstzrange not null,
    recorded_at timestamptz not null default now()
);
create index on ops.market_minutes_due (stream, market_ticker);

comment on table ops.market_minutes_due is
'Minutes to classify again, because coverage, a book check or late rows changed what is known of them.';
comment on column ops.market_minutes_due.stream is 'The stream.';
comment on column ops.market_minutes_due.market_ticker is
'Empty for a stream that is received for all markets at once.';
comment on column ops.market_minutes_due.during is
'The time that changed; minutes of it that were never classified are skipped.';
comment on column ops.market_minutes_due.recorded_at is 'When the row was written.';
