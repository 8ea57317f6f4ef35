create table ops.market_minutes (
    stream text not null,
    market_ticker text collate "C" not null,
    day date not null,
    proven tstzmultirange not null default '{}',
    proven_by_line tstzmultirange not null default '{}',
    proven_by_check tstzmultirange not null default '{}',
    covered tstzmultirange not null default '{}',
    repaired tstzmultirange not null default '{}',
    gap tstzmultirange not null default '{}',
    idle tstzmultirange not null default '{}',
    classified_at timestamptz not null default now(),
    primary key (stream, market_ticker, day)
);
create index on ops.market_minutes (day, stream);

comment on table ops.market_minutes is
'The state of every expected minute of each market, as runs of whole minutes. No minute has two states; a minute '
'without a state was not expected.';
comment on column ops.market_minutes.stream is 'The stream.';
comment on column ops.market_minutes.market_ticker is 'Empty for a stream that is received for all markets at once.';
comment on column ops.market_minutes.day is 'The day in UTC of all minutes of the row.';
comment on column ops.market_minutes.proven is 'Received; the books before and after prove that no change is missing.';
comment on column ops.market_minutes.proven_by_line is
'Those of them that single connections of gatherers prove, by the order in which they received the changes.';
comment on column ops.market_minutes.proven_by_check is
'Those of them that production proves, by the exchange''s clock; a minute may be in both, or in neither if only both '
'together prove all of it.';
comment on column ops.market_minutes.covered is 'Received, but not proven yet.';
comment on column ops.market_minutes.repaired is
'Missed by at least one gatherer, but received from another one or from REST.';
comment on column ops.market_minutes.gap is
'Known to be lost: no gatherer received all of the minute, or a rebuilt book was wrong.';
comment on column ops.market_minutes.idle is 'Covered, and the exchange published no message.';
comment on column ops.market_minutes.classified_at is 'When a minute of the row was last classified.';
