create table ops.watermarks (
    name text primary key,
    moment timestamptz not null
);

comment on table ops.watermarks is
'The time up to which each upkeep task has worked; rows that arrive behind it are recorded and processed again. Also '
'the time before which nothing was expected.';
comment on column ops.watermarks.name is
'The task: book_checks, market_minutes or arbitration; first_connection for when the first gatherer connected; '
'restored for until when production was restored from the archive.';
comment on column ops.watermarks.moment is 'Everything before this time is done, or was never expected.';
