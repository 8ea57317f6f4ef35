alter table capture.instance add column system_identifier bigint;
alter table capture.instance add column timeline integer;

comment on column capture.instance.system_identifier is
'The cluster this epoch was lived in; null until a gatherer has looked.';
comment on column capture.instance.timeline is
'The timeline of the cluster in this epoch: a restore to a point in time, or a promotion, begins another.';
