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
create index book_checks_due on ops.book_checks (check_again_at) where check_again_at is not null;
create index book_checks_broken on ops.book_checks (market_ticker, until_at) where not is_proven;

comment on table ops.book_checks is
'Each snapshot against the one before it plus the changes between: equal proves the interval, else something is '
'missing.';
comment on column ops.book_checks.until_at is 'When the later snapshot was received; the interval ends there.';
comment on column ops.book_checks.until_clock is 'The newest change that the later snapshot contains.';
comment on column ops.book_checks.until_sha256 is 'Digest of the later snapshot''s levels.';
comment on column ops.book_checks.from_at is 'When the earlier snapshot was received; the interval begins there.';
comment on column ops.book_checks.from_clock is 'The newest change that the earlier snapshot contains.';
comment on column ops.book_checks.is_proven is 'Whether the rebuilt book equals the later snapshot.';
comment on column ops.book_checks.delta_count is 'Changes between the two clocks that production holds.';
comment on column ops.book_checks.level_count is 'Levels that either book has.';
comment on column ops.book_checks.wrong_level_count is 'Levels that differ.';
comment on column ops.book_checks.difference is
'The first 50 levels that differ: side, price, size rebuilt and size published; null where proven.';
comment on column ops.book_checks.attempts is 'How often this interval was checked.';
comment on column ops.book_checks.check_again_at is
'When a broken interval is to be checked again; at once where late changes arrived; null for never.';
