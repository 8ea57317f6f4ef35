-- The state of every expected minute of each market, as runs of minutes. Replace BUCKET by the name of the archive's
-- bucket. Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.coverage (
    market_ticker string comment 'name at the exchange, empty for all markets',
    stream string comment 'name of a stream',
    from_at timestamp comment 'UTC microseconds, whole minutes',
    to_at timestamp comment 'UTC microseconds, whole minutes',
    state string comment 'proven, repaired, covered, idle, halted or gap'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/coverage/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/coverage/date=${date}/hour=${hour}/'
);
