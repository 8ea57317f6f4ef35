-- What the exchange said of itself, each state once, cut at each hour. Replace BUCKET by the name of the archive's
-- bucket. Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.exchange_status (
    kind string comment 'shard, schedule or maintenance',
    exchange_index int comment 'number of a shard',
    exchange_active boolean comment 'true or false',
    trading_active boolean comment 'true or false',
    resumes_at timestamp comment 'UTC microseconds, clock of the exchange',
    begins_at timestamp comment 'UTC microseconds, clock of the exchange',
    ends_at timestamp comment 'UTC microseconds, clock of the exchange',
    body string comment 'JSON',
    body_sha256 binary comment 'SHA-256',
    first_seen_at timestamp comment 'UTC microseconds, clock of the gatherer',
    confirmed_at timestamp comment 'UTC microseconds, clock of the gatherer',
    gatherer_id smallint comment 'number of a gatherer'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/exchange_status/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/exchange_status/date=${date}/hour=${hour}/'
);
