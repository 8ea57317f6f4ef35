-- Every state of the exchange's series, in the hour in which it was fetched first. Replace BUCKET by the name of the
-- archive's bucket. Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.series_history (
    ticker string comment 'name at the exchange',
    fetched_at timestamp comment 'UTC microseconds, clock of the gatherer',
    updated_time timestamp comment 'UTC microseconds, clock of the exchange',
    body_sha256 binary comment 'SHA-256',
    title string comment 'text',
    category string comment 'text',
    frequency string comment 'text',
    fee_type string comment 'text',
    body string comment 'JSON'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/series_history/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/series_history/date=${date}/hour=${hour}/'
);
