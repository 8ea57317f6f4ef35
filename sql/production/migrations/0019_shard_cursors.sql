-- Several deduplicators may share the markets between them; each has cursors of its own.
alter table ops.cursors add column shard text not null default '1/1';
alter table ops.cursors drop constraint cursors_pkey;
alter table ops.cursors add primary key (gatherer_id, epoch, stream, shard);

comment on column ops.cursors.shard is 'Which part of the markets, of how many: 1/1 for all of them.';
