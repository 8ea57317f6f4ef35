create table ops.ledger (
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
create index on ops.ledger (day, stream);

comment on table ops.ledger is
'The state of every expected minute, as runs of whole minutes; no minute has two states, one outside of all was '
'not expected.';
comment on column ops.ledger.market_ticker is 'Empty for a stream that is received for all markets at once.';
comment on column ops.ledger.day is 'The day in UTC that all minutes of the row belong to.';
comment on column ops.ledger.proven is 'Covered, and the books before and after prove that no change is missing.';
comment on column ops.ledger.covered is 'Received, not proven yet.';
comment on column ops.ledger.repaired is 'Missed by at least one gatherer and held thanks to another, or to REST.';
comment on column ops.ledger.gap is
'Known to be lost: some part of the minute was received by nobody, or a book came out wrong.';
comment on column ops.ledger.idle is 'Received, and nothing happened.';
comment on column ops.ledger.judged_at is 'When a minute of the row was last judged.';

create table ops.ledger_due (
    stream text not null,
    market_ticker text collate "C" not null,
    during tstzrange not null,
    noted_at timestamptz not null default now()
);
create index on ops.ledger_due (stream, market_ticker);

comment on table ops.ledger_due is 'Minutes to be judged anew, since coverage, a book check or late rows touched them.';
comment on column ops.ledger_due.during is
'What was touched; minutes not judged yet at all are left out when it is done.';
