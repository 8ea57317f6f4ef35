create table ops.locks (
    name text primary key,
    holder uuid not null,
    role_name name not null,
    pid integer,
    session_started_at timestamptz,
    silence_max interval,
    taken_at timestamptz not null
);

comment on table ops.locks is
'Tasks that only one session does at a time. A row is held while its session lives; readers cannot take one.';
comment on column ops.locks.name is 'The task: a stream with its shard, the upkeep or the archive.';
comment on column ops.locks.holder is 'The part of a program that holds it; it stays the same when it connects again.';
comment on column ops.locks.role_name is 'The role of its session.';
comment on column ops.locks.pid is 'The server process of its session; null if the task was given back.';
comment on column ops.locks.session_started_at is 'When that session began, since process numbers are used again.';
comment on column ops.locks.silence_max is
'How long the session may be silent before another one may end it and take over; null if it may be silent for ever.';
comment on column ops.locks.taken_at is 'When it was taken.';
