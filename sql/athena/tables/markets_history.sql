-- Every state of the exchange's markets, in the hour in which it was fetched first. Replace BUCKET by the name of the
-- archive's bucket. Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.markets_history (
    ticker string comment 'name at the exchange',
    fetched_at timestamp comment 'UTC microseconds, clock of the gatherer',
    updated_time timestamp comment 'UTC microseconds, clock of the exchange',
    body_sha256 binary comment 'SHA-256',
    event_ticker string comment 'text',
    market_type string comment 'text',
    title string comment 'text',
    yes_sub_title string comment 'text',
    no_sub_title string comment 'text',
    status string comment 'text',
    result string comment 'text',
    open_time timestamp comment 'UTC microseconds, clock of the exchange',
    close_time timestamp comment 'UTC microseconds, clock of the exchange',
    settlement_ts timestamp comment 'UTC microseconds, clock of the exchange',
    body string comment 'JSON'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/markets_history/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/markets_history/date=${date}/hour=${hour}/'
);
