create table ops.watermarks (
    name text primary key,
    moment timestamptz not null
);

comment on table ops.watermarks is
'The time up to which each upkeep task has worked; rows that arrive behind it are recorded and processed again.';
comment on column ops.watermarks.name is 'The task: book_checks, market_minutes or arbitration.';
comment on column ops.watermarks.moment is 'Everything before this time is done.';
