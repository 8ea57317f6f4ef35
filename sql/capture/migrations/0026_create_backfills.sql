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
'How far each backfill of trades has come; one that was interrupted goes on from there.';
comment on column capture.backfills.range_from is 'What was asked for: trades from this time of the exchange on, …';
comment on column capture.backfills.range_to is '… and before this one.';
comment on column capture.backfills.market_ticker is 'Empty for all markets.';
comment on column capture.backfills.done_until is
'Every trade from range_from until here is captured; range_to where nothing is left to do.';
comment on column capture.backfills.trades_fetched is 'Trades that REST gave.';
comment on column capture.backfills.trades_added is 'Those among them that had not been captured.';
