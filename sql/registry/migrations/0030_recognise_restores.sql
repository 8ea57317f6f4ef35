alter table registry.instance add column system_identifier bigint;
alter table registry.instance add column timeline integer;

comment on column registry.instance.system_identifier is
'The cluster this epoch was lived in; null until a gatherer has looked.';
comment on column registry.instance.timeline is
'The timeline of the cluster in this epoch: a restore to a point in time, or a promotion, begins another.';
