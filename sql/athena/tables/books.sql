-- The order book of each market that was open at the beginning of an hour. Replace BUCKET by the name of the archive's
-- bucket. Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.books (
    market_ticker string comment 'name at the exchange',
    at timestamp comment 'UTC microseconds, clock of the exchange',
    clock bigint comment 'logical clock of the market',
    yes_levels array<struct<price: decimal(18, 6), size: decimal(18, 6)>> comment 'US dollars and contracts',
    no_levels array<struct<price: decimal(18, 6), size: decimal(18, 6)>> comment 'US dollars and contracts',
    snapshot_at timestamp comment 'UTC microseconds, clock of the gatherer',
    last_change_at timestamp comment 'UTC microseconds, clock of the exchange'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/books/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/books/date=${date}/hour=${hour}/'
);
