-- Every state of the exchange's events, in the hour in which it was fetched first. Replace BUCKET by the name of the
-- archive's bucket. Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.events_history (
    ticker string comment 'name at the exchange',
    fetched_at timestamp comment 'UTC microseconds, clock of the gatherer',
    updated_time timestamp comment 'UTC microseconds, clock of the exchange',
    body_sha256 binary comment 'SHA-256',
    series_ticker string comment 'text',
    title string comment 'text',
    sub_title string comment 'text',
    mutually_exclusive boolean comment 'true or false',
    strike_date timestamp comment 'UTC microseconds, clock of the exchange',
    strike_period string comment 'text',
    body string comment 'JSON'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/events_history/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/events_history/date=${date}/hour=${hour}/'
);
