-- Expect backups of this server from now on, so that health says so until the first one is finished.
insert into ops.backups (kind, finished_at)
values ('full', '-infinity')
on conflict (kind) do nothing;
