create table ops.market_minutes (
    stream text not null,
    market_ticker text collate "C" not null,
    day date not null,
    proven tstzmultirange not null default '{}',
    covered tstzmultirange not null default '{}',
    repaired tstzmultirange not null default '{}',
    gap tstzmultirange not null default '{}',
    idle tstzmultirange not null default '{}',
    judged_at timestamptz not null default now(),
    primary key (stream, market_ticker, day)
);
create index on ops.market_minutes (day, stream);

comment on table ops.market_minutes is
'The state of every expected minute, as runs of whole minutes; no minute has two states, one outside of all was '
'not expected.';
comment on column ops.market_minutes.market_ticker is 'Empty for a stream that is received for all markets at once.';
comment on column ops.market_minutes.day is 'The day in UTC that all minutes of the row belong to.';
comment on column ops.market_minutes.proven is
'Covered, and the books before and after prove that no change is missing.';
comment on column ops.market_minutes.covered is 'Received, not proven yet.';
comment on column ops.market_minutes.repaired is
'Missed by at least one gatherer and held thanks to another, or to REST.';
comment on column ops.market_minutes.gap is
'Known to be lost: some part of the minute was received by nobody, or a book came out wrong.';
comment on column ops.market_minutes.idle is 'Received, and nothing happened.';
comment on column ops.market_minutes.judged_at is 'When a minute of the row was last judged.';

create table ops.market_minutes_due (
    stream text not null,
    market_ticker text collate "C" not null,
    during tstzrange not null,
    noted_at timestamptz not null default now()
);
create index on ops.market_minutes_due (stream, market_ticker);

comment on table ops.market_minutes_due is
'Minutes to be judged anew, since coverage, a book check or late rows touched them.';
comment on column ops.market_minutes_due.during is
'What was touched; minutes not judged yet at all are left out when it is done.';
