-- Every market summary, once. Replace BUCKET by the name of the archive's bucket.
-- Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.tickers (
    market_ticker string comment 'name at the exchange',
    exchange_ts timestamp comment 'UTC microseconds, clock of the exchange',
    values_sha256 binary comment 'SHA-256',
    market_id string comment 'identity at the exchange',
    last_price decimal(18, 6) comment 'US dollars',
    yes_bid decimal(18, 6) comment 'US dollars',
    yes_ask decimal(18, 6) comment 'US dollars',
    yes_bid_size decimal(18, 6) comment 'contracts',
    yes_ask_size decimal(18, 6) comment 'contracts',
    last_trade_size decimal(18, 6) comment 'contracts',
    volume decimal(18, 6) comment 'contracts',
    open_interest decimal(18, 6) comment 'contracts',
    dollar_volume bigint comment 'US dollars',
    dollar_open_interest bigint comment 'US dollars',
    received_at timestamp comment 'UTC microseconds, clock of the gatherer',
    gatherer_id smallint comment 'number of a gatherer',
    time_digits smallint comment 'decimal places of the second'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/tickers/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/tickers/date=${date}/hour=${hour}/'
);
