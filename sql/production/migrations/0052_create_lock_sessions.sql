create table ops.lock_sessions (
    name text not null,
    holder uuid not null,
    pid integer not null,
    session_started_at timestamptz not null,
    primary key (pid, session_started_at)
);

comment on table ops.lock_sessions is
'Further sessions that work for the holder of a lock: it is not silent while one of them works, and they end with it.';
comment on column ops.lock_sessions.name is 'The task, as in ops.locks.';
comment on column ops.lock_sessions.holder is 'The holder, as in ops.locks.';
comment on column ops.lock_sessions.pid is 'The server process of the session.';
comment on column ops.lock_sessions.session_started_at is
'When the session began, since process numbers are used again.';
