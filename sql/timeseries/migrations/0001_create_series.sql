-- The arguments of make_time_series are kept, so that partitions can be made later without them.
create table timeseries.series (
    target regclass primary key,
    time_column name not null,
    partition_interval interval not null check (partition_interval > interval '0')
);

comment on table timeseries.series is 'The tables that are partitioned by time, on either engine.';
comment on column timeseries.series.target is 'The table.';
comment on column timeseries.series.time_column is
'The column that decides the partition of a row; it is part of every unique key.';
comment on column timeseries.series.partition_interval is 'How much time one partition holds.';
