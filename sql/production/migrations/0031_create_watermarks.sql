create table ops.watermarks (
    name text primary key,
    moment timestamptz not null
);

comment on table ops.watermarks is
'How far each piece of upkeep has come; what is late behind it is noted and done anew.';
comment on column ops.watermarks.name is 'book_checks, market_minutes or arbitration.';
comment on column ops.watermarks.moment is 'Everything before is done.';
