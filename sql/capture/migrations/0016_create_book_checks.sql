create table capture.book_checks (
    ingest_xid xid8 not null default pg_current_xact_id(),
    frame_number bigint not null,
    connection_id bigint not null,
    sid integer not null,
    market_ticker text collate "C" not null,
    from_at timestamptz not null,
    until_at timestamptz not null,
    from_seq bigint,
    until_seq bigint,
    from_clock bigint not null,
    until_clock bigint not null,
    from_change_at timestamptz,
    until_change_at timestamptz,
    change_count bigint not null,
    inner_count bigint,
    level_count integer not null,
    is_equal boolean not null,
    wrong_level_count integer not null,
    difference jsonb
);
create index on capture.book_checks (ingest_xid);
select timeseries.make_time_series('capture.book_checks', 'until_at', interval '1 hour');

comment on table capture.book_checks is
'Snapshots of order books, each compared with the snapshot of the same subscription before it and the changes received
between the two, append-only.';
comment on column capture.book_checks.ingest_xid is
'The transaction that wrote the row; readers take whole transactions.';
comment on column capture.book_checks.frame_number is 'The later snapshot''s number in the frame log.';
comment on column capture.book_checks.connection_id is 'The connection, as in capture.connections.';
comment on column capture.book_checks.sid is 'The exchange''s subscription id, which is unique per connection only.';
comment on column capture.book_checks.market_ticker is 'The market whose book it is.';
comment on column capture.book_checks.from_at is 'When the earlier snapshot was received, by this host''s clock.';
comment on column capture.book_checks.until_at is 'When the later snapshot was received, by this host''s clock.';
comment on column capture.book_checks.from_seq is 'The earlier snapshot''s sequence number; null if it had none.';
comment on column capture.book_checks.until_seq is 'The later snapshot''s sequence number; null if it had none.';
comment on column capture.book_checks.from_clock is 'The earlier snapshot''s clock; 0 if it had none.';
comment on column capture.book_checks.until_clock is 'The later snapshot''s clock; 0 if it had none.';
comment on column capture.book_checks.from_change_at is
'Changes later than this count in inner_count: the exchange''s time, in milliseconds, of the last change before the
earlier snapshot; of the first change after it if none before it is known; a millisecond less if all changes of that
time are known and not counted yet; null if it is not known.';
comment on column capture.book_checks.until_change_at is
'Changes earlier than this count in inner_count: the exchange''s time, in milliseconds, of the last change before the
later snapshot, or a millisecond more if no change came between the two; null if it is not known.';
comment on column capture.book_checks.change_count is 'How many changes were received between the two snapshots.';
comment on column capture.book_checks.inner_count is
'How many changes of the subscription have a time, cut to milliseconds, strictly between from_change_at and
until_change_at; null if one of them has no time to the millisecond, or if times went back.';
comment on column capture.book_checks.level_count is 'How many levels were compared.';
comment on column capture.book_checks.is_equal is 'Whether the changes lead from the earlier to the later snapshot.';
comment on column capture.book_checks.wrong_level_count is 'How many levels differ; 0 if the books are equal.';
comment on column capture.book_checks.difference is
'The first 50 levels that differ: side, price, the size that the changes lead to (rebuilt) and that of the later
snapshot (published), as text; null if the books are equal.';
