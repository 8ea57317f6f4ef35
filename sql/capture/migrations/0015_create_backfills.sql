create table capture.backfills (
    range_from timestamptz not null,
    range_to timestamptz not null check (range_to > range_from),
    market_ticker text collate "C" not null,
    done_until timestamptz not null,
    trades_fetched bigint not null default 0,
    trades_added bigint not null default 0,
    started_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (range_from, range_to, market_ticker)
);

comment on table capture.backfills is
'The progress of each backfill of trades; an interrupted one continues from there.';
comment on column capture.backfills.range_from is 'The earliest exchange time asked for.';
comment on column capture.backfills.range_to is 'The end of the range asked for; it is not part of the range.';
comment on column capture.backfills.market_ticker is 'Empty for all markets.';
comment on column capture.backfills.done_until is
'Every trade from range_from until here is captured; equal to range_to when the backfill is complete.';
comment on column capture.backfills.trades_fetched is 'Trades that REST returned.';
comment on column capture.backfills.trades_added is 'Those of them that had not been captured before.';
comment on column capture.backfills.started_at is 'When the backfill first started.';
comment on column capture.backfills.updated_at is 'When it last made progress, or was started again.';
