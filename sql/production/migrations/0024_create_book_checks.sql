create table ops.book_checks (
    market_ticker text collate "C" not null,
    until_at timestamptz not null,
    until_clock bigint not null,
    until_sha256 bytea not null,
    from_at timestamptz not null,
    from_clock bigint not null,
    is_proven boolean not null,
    delta_count bigint not null,
    level_count integer not null,
    wrong_level_count integer not null,
    difference jsonb,
    attempts smallint not null default 1,
    checked_at timestamptz not null default now(),
    check_again_at timestamptz,
    primary key (market_ticker, until_at, until_clock, until_sha256)
);
create index on ops.book_checks (until_at);
create index book_checks_due on ops.book_checks (check_again_at) where check_again_at is not null;
create index book_checks_broken on ops.book_checks (market_ticker, until_at) where not is_proven;

comment on table ops.book_checks is
'Each snapshot compared with the one before it plus the changes between them. If they are equal, the interval is '
'proven; else messages are missing.';
comment on column ops.book_checks.market_ticker is 'The market whose book is checked.';
comment on column ops.book_checks.until_at is 'When the later snapshot was received: the end of the interval.';
comment on column ops.book_checks.until_clock is 'The clock of the newest change in the later snapshot.';
comment on column ops.book_checks.until_sha256 is 'Digest of the later snapshot''s levels.';
comment on column ops.book_checks.from_at is 'When the earlier snapshot was received: the start of the interval.';
comment on column ops.book_checks.from_clock is 'The clock of the newest change in the earlier snapshot.';
comment on column ops.book_checks.is_proven is 'Whether the rebuilt book equals the later snapshot.';
comment on column ops.book_checks.delta_count is 'Changes between the two clocks that production holds.';
comment on column ops.book_checks.level_count is 'Levels that either book has.';
comment on column ops.book_checks.wrong_level_count is 'Levels that differ.';
comment on column ops.book_checks.difference is
'The first 50 levels that differ: side, price, size rebuilt and size published; null if proven.';
comment on column ops.book_checks.attempts is 'How often this interval was checked.';
comment on column ops.book_checks.checked_at is 'When it was last checked.';
comment on column ops.book_checks.check_again_at is
'When an unproven interval is checked again: at once if late changes arrived; null for never.';
