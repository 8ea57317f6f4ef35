-- Every order book that the exchange sent, each state once. Replace BUCKET by the name of the archive's bucket.
-- Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.orderbook_snapshots (
    market_ticker string comment 'name at the exchange',
    received_at timestamp comment 'UTC microseconds, clock of the gatherer',
    market_id string comment 'identity at the exchange',
    clock bigint comment 'logical clock of the market',
    levels_sha256 binary comment 'SHA-256',
    occurrence int comment 'number from 0',
    yes_levels array<struct<price: decimal(18, 6), size: decimal(18, 6)>> comment 'US dollars and contracts',
    no_levels array<struct<price: decimal(18, 6), size: decimal(18, 6)>> comment 'US dollars and contracts',
    gatherer_id smallint comment 'number of a gatherer',
    last_change_at timestamp comment 'UTC milliseconds, clock of the exchange'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/orderbook_snapshots/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/orderbook_snapshots/date=${date}/hour=${hour}/'
);
