create table ops.classified_minutes (
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
create index on ops.classified_minutes (day, stream);
create index classified_minutes_with_gaps on ops.classified_minutes (day) where gap <> '{}';

comment on table ops.classified_minutes is
'The states of minutes that were classified one by one, as runs of whole minutes; they hold whatever '
'ops.steady_states says. No minute has two states. ops.market_minutes shows both together.';
comment on column ops.classified_minutes.stream is 'The stream.';
comment on column ops.classified_minutes.market_ticker is
'Empty for a stream that is received for all markets at once.';
comment on column ops.classified_minutes.day is 'The day in UTC of all minutes of the row.';
comment on column ops.classified_minutes.proven is
'Received; the books before and after prove that no change is missing.';
comment on column ops.classified_minutes.proven_by_line is
'Those of them that single connections of gatherers prove, by the order in which they received the changes.';
comment on column ops.classified_minutes.proven_by_check is
'Those of them that production proves, by the exchange''s clock; a minute may be in both, or in neither if only both '
'together prove all of it.';
comment on column ops.classified_minutes.covered is 'Received, but not proven yet.';
comment on column ops.classified_minutes.repaired is
'Missed by at least one gatherer, but received from another one or from REST.';
comment on column ops.classified_minutes.gap is
'Known to be lost: no gatherer received all of the minute, or a rebuilt book was wrong.';
comment on column ops.classified_minutes.idle is 'Covered, and the exchange published no message.';
comment on column ops.classified_minutes.classified_at is 'When a minute of the row was last classified.';
