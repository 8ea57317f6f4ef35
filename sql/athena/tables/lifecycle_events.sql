-- Every lifecycle message, as often as it was sent. Replace BUCKET by the name of the archive's bucket.
-- Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.lifecycle_events (
    subject_ticker string comment 'name at the exchange',
    seen_at timestamp comment 'UTC microseconds, clock of the exchange, else of the gatherer',
    kind string comment 'type of message',
    payload_sha256 binary comment 'SHA-256',
    occurrence int comment 'number from 0',
    payload string comment 'JSON',
    received_at timestamp comment 'UTC microseconds, clock of the gatherer',
    gatherer_id smallint comment 'number of a gatherer'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/lifecycle_events/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/lifecycle_events/date=${date}/hour=${hour}/'
);
