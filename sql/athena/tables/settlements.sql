-- What each market paid, in the hour in which that became known. Replace BUCKET by the name of the archive's bucket.
-- Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.settlements (
    market_ticker string comment 'name at the exchange',
    seen_at timestamp comment 'UTC microseconds, clock of the exchange, else of the gatherer',
    result string comment 'yes, no or another word',
    yes_value decimal(18, 6) comment 'US dollars',
    determined_at timestamp comment 'UTC microseconds, clock of the exchange',
    settled_at timestamp comment 'UTC microseconds, clock of the exchange',
    source string comment 'lifecycle_events or markets_history'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/settlements/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/settlements/date=${date}/hour=${hour}/'
);
