-- Every trade, once. Replace BUCKET by the name of the archive's bucket.
-- Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.trades (
    market_ticker string comment 'name at the exchange',
    exchange_ts timestamp comment 'UTC microseconds, clock of the exchange',
    trade_id string comment 'identity at the exchange',
    yes_price decimal(18, 6) comment 'US dollars',
    no_price decimal(18, 6) comment 'US dollars',
    size decimal(18, 6) comment 'contracts',
    taker_side string comment 'yes or no',
    is_block_trade boolean comment 'true or false',
    received_at timestamp comment 'UTC microseconds, clock of the gatherer',
    gatherer_id smallint comment 'number of a gatherer',
    time_digits smallint comment 'decimal places of the second'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/trades/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/trades/date=${date}/hour=${hour}/'
);
