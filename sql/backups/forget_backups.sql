-- Forget all backups of this server, so that no further one is expected; its host runs this when it stops making them.
delete from ops.backups;
