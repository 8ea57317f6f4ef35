-- Every value of an index, once. Replace BUCKET by the name of the archive's bucket.
-- Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.index_values (
    index_id string comment 'name at the exchange',
    source_ts timestamp comment 'UTC microseconds, clock of the exchange',
    published_at timestamp comment 'UTC microseconds, clock of the exchange',
    value decimal(38, 18) comment 'unit of the index',
    average_60s decimal(38, 18) comment 'unit of the index',
    average_15min decimal(38, 18) comment 'unit of the index',
    payload string comment 'JSON',
    received_at timestamp comment 'UTC microseconds, clock of the gatherer',
    gatherer_id smallint comment 'number of a gatherer'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/index_values/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/index_values/date=${date}/hour=${hour}/'
);
