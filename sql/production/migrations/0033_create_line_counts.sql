create table ops.line_counts (
    market_ticker text collate "C" not null,
    from_at timestamptz not null,
    gatherer_id smallint not null,
    epoch uuid not null,
    connection_id bigint not null,
    sid integer not null,
    frame_number bigint not null,
    run_from_at timestamptz not null,
    run_frame bigint not null,
    until_at timestamptz not null,
    from_change_at timestamptz not null,
    until_change_at timestamptz not null,
    inner_count bigint not null,
    held_count bigint,
    held_count_max bigint,
    counts_agree boolean,
    attempts smallint not null default 0,
    is_finding boolean not null generated always as (attempts >= 3) stored,
    checked_at timestamptz,
    check_again_at timestamptz,
    primary key (market_ticker, from_at, gatherer_id, epoch, connection_id, sid, frame_number)
);
create index line_counts_due on ops.line_counts (check_again_at) where check_again_at is not null;
create index line_counts_from on ops.line_counts (from_at);

comment on table ops.line_counts is
'Equal comparisons of ops.line_checks for which production''s changes are still to be counted, or are not as many as '
'the connection received. Those that agree are counted in ops.line_checks and leave this table.';
comment on column ops.line_counts.market_ticker is 'The market.';
comment on column ops.line_counts.from_at is 'When the earlier snapshot was received.';
comment on column ops.line_counts.gatherer_id is 'The gatherer.';
comment on column ops.line_counts.epoch is 'The identity of the gatherer''s database.';
comment on column ops.line_counts.connection_id is 'The connection, as in ops.connections.';
comment on column ops.line_counts.sid is 'The exchange''s subscription id, which is unique per connection only.';
comment on column ops.line_counts.frame_number is
'The number, in the gatherer''s frame log, of the later snapshot.';
comment on column ops.line_counts.run_from_at is 'The beginning of the row of ops.line_checks that it is part of.';
comment on column ops.line_counts.run_frame is 'The frame number of that row.';
comment on column ops.line_counts.until_at is 'When the later snapshot was received.';
comment on column ops.line_counts.from_change_at is
'Changes after this millisecond count, by the exchange''s time.';
comment on column ops.line_counts.until_change_at is 'Changes before this millisecond count.';
comment on column ops.line_counts.inner_count is 'How many changes the connection received between the two.';
comment on column ops.line_counts.held_count is
'How many production holds that lie between them for sure; null until counted.';
comment on column ops.line_counts.held_count_max is
'The same with those whose own time is not known to the millisecond, and that may lie outside.';
comment on column ops.line_counts.counts_agree is
'Whether inner_count is neither less than held_count nor more than held_count_max; null until counted.';
comment on column ops.line_counts.attempts is 'How often it was counted.';
comment on column ops.line_counts.is_finding is
'Whether it was counted three times; then the difference is no delay, and the interval is not proven.';
comment on column ops.line_counts.checked_at is 'When it was last counted.';
comment on column ops.line_counts.check_again_at is
'When it is counted the next time: at once if late changes arrived; null for never.';
