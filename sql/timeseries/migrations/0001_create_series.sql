-- What make_time_series was asked for, so that partitions can be made without being told again.
create table timeseries.series (
    target regclass primary key,
    time_column name not null,
    partition_interval interval not null check (partition_interval > interval '0')
);

comment on table timeseries.series is 'Tables that are partitioned by time, whichever engine does it.';
comment on column timeseries.series.time_column is 'The column rows are placed by; it is part of every unique key.';
comment on column timeseries.series.partition_interval is 'How much time one partition holds.';
