create table ops.expected_due (
    market_ticker text collate "C" not null,
    recorded_at timestamptz not null default now()
);

comment on table ops.expected_due is
'Markets whose row in ops.expected is to be updated, because a message, a listing or first coverage was merged.';
comment on column ops.expected_due.market_ticker is 'The market; one that is not expected is left out.';
comment on column ops.expected_due.recorded_at is 'When the row was written.';
