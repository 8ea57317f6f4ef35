-- All events in the state known at the end of each day. Replace BUCKET by the name of the archive's bucket.
-- Athena computes the partitions from their names, so a new day needs no new partition.
create external table kalshi.events (
    ticker string comment 'name at the exchange',
    updated_time timestamp comment 'UTC microseconds, clock of the exchange',
    fetched_at timestamp comment 'UTC microseconds, clock of the gatherer',
    body_sha256 binary comment 'SHA-256',
    series_ticker string comment 'text',
    title string comment 'text',
    sub_title string comment 'text',
    mutually_exclusive boolean comment 'true or false',
    strike_date timestamp comment 'UTC microseconds, clock of the exchange',
    strike_period string comment 'text',
    body string comment 'JSON'
)
partitioned by (`date` date)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/events/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'storage.location.template' = 's3://BUCKET/parquet/events/date=${date}/'
);
