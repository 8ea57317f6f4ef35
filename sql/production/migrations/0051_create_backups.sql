create table ops.backups (
    kind text primary key check (kind in ('full', 'diff')),
    finished_at timestamptz not null
);

comment on table ops.backups is
'When the last backup of this server was finished: its own host writes a row for each kind. RDS has no rows.';
comment on column ops.backups.kind is 'full, or diff: what changed since the last full one.';
comment on column ops.backups.finished_at is
'When the last one of this kind was finished, -infinity while the first one is awaited.';
