create table ops.line_checks (
    market_ticker text collate "C" not null,
    from_at timestamptz not null,
    gatherer_id smallint not null,
    epoch uuid not null,
    connection_id bigint not null,
    sid integer not null,
    frame_number bigint not null,
    until_frame bigint not null,
    until_at timestamptz not null,
    from_seq bigint,
    until_seq bigint,
    from_clock bigint not null,
    until_clock bigint not null,
    from_change_at timestamptz,
    until_change_at timestamptz,
    check_count bigint not null,
    change_count bigint not null,
    level_count integer not null,
    is_equal boolean not null,
    wrong_level_count integer not null,
    difference jsonb,
    counted_checks bigint not null default 0,
    counted_changes bigint not null default 0,
    primary key (market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number)
);
-- A row that grows changes no column of an index, so its new version needs room beside the old one.
alter table ops.line_checks set (fillfactor = 80);
create index line_checks_different on ops.line_checks (market_ticker, gatherer_id) where not is_equal;
create index line_checks_from on ops.line_checks (from_at);

comment on table ops.line_checks is
'Order books that gatherers kept on single connections, compared with the next snapshot of the subscription. Equal '
'comparisons that follow each other are one row, which grows until midnight (UTC).';
comment on column ops.line_checks.market_ticker is 'The market whose book was compared.';
comment on column ops.line_checks.from_at is 'When the first snapshot was received: the start of the interval.';
comment on column ops.line_checks.gatherer_id is 'The gatherer.';
comment on column ops.line_checks.epoch is 'The identity of the gatherer''s database.';
comment on column ops.line_checks.connection_id is 'The connection, as in ops.connections.';
comment on column ops.line_checks.sid is 'The exchange''s subscription id, which is unique per connection only.';
comment on column ops.line_checks.frame_number is
'The number, in the gatherer''s frame log, of the snapshot that ended the first comparison.';
comment on column ops.line_checks.until_frame is 'The number of the snapshot that ended the last comparison.';
comment on column ops.line_checks.until_at is 'When the last snapshot was received: the end of the interval.';
comment on column ops.line_checks.from_seq is 'The first snapshot''s sequence number; null if it had none.';
comment on column ops.line_checks.until_seq is 'The last snapshot''s sequence number; null if it had none.';
comment on column ops.line_checks.from_clock is 'The first snapshot''s clock; 0 if it had none.';
comment on column ops.line_checks.until_clock is 'The last snapshot''s clock; 0 if it had none.';
comment on column ops.line_checks.from_change_at is
'The exchange''s time, in milliseconds, after which the first comparison counts changes; null if it is not known.';
comment on column ops.line_checks.until_change_at is
'The same before which the last comparison counts changes.';
comment on column ops.line_checks.check_count is 'How many comparisons the row stands for.';
comment on column ops.line_checks.change_count is 'Changes received between the first and the last snapshot.';
comment on column ops.line_checks.level_count is 'Levels compared with the last snapshot.';
comment on column ops.line_checks.is_equal is
'Whether the changes explain every snapshot; if so, no change of the interval is missing on this connection.';
comment on column ops.line_checks.wrong_level_count is 'Levels that differ.';
comment on column ops.line_checks.difference is
'The first 50 levels that differ: side, price, size rebuilt and size published; null if equal.';
comment on column ops.line_checks.counted_checks is
'Comparisons of the sample for which production holds as many changes as the connection received.';
comment on column ops.line_checks.counted_changes is 'Changes in them.';
