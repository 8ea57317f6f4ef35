-- What became of each attempt to write an hour, and what its file holds.
alter table ops.archive_partitions
add column first_at timestamptz,
add column last_at timestamptz,
add column sums jsonb,
add column failures integer not null default 0,
add column error text,
add column retry_at timestamptz;

create index on ops.archive_partitions (hour) where state <> 'verified';

comment on column ops.archive_partitions.first_at is 'The time of the earliest row in the object; null without rows.';
comment on column ops.archive_partitions.last_at is 'The time of the latest row in the object.';
comment on column ops.archive_partitions.sums is 'The sum of each column of amounts, as text.';
comment on column ops.archive_partitions.failures is 'How often in a row it could not be written or read back.';
comment on column ops.archive_partitions.error is 'Why the last attempt failed; null after one that succeeded.';
comment on column ops.archive_partitions.retry_at is 'Not to be tried again before.';
