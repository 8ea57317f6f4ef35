-- Every change of an order-book level, as often as it happened. Replace BUCKET by the name of the archive's bucket.
-- Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.orderbook_deltas (
    market_ticker string comment 'name at the exchange',
    exchange_ts timestamp comment 'UTC microseconds, clock of the exchange',
    clock bigint comment 'logical clock of the market',
    side string comment 'yes or no',
    price decimal(18, 6) comment 'US dollars',
    size_delta decimal(18, 6) comment 'contracts',
    occurrence int comment 'number from 0',
    received_at timestamp comment 'UTC microseconds, clock of the gatherer',
    gatherer_id smallint comment 'number of a gatherer',
    time_digits smallint comment 'decimal places of the second'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/orderbook_deltas/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/orderbook_deltas/date=${date}/hour=${hour}/'
);
