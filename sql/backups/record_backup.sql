-- Record that a backup of this server was finished; its host runs this by psql as the administrator.
-- Parameters: kind, full or diff
insert into ops.backups as b (kind, finished_at)
values (:'kind', now())
on conflict (kind) do update set finished_at = excluded.finished_at;
