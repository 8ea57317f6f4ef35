-- What shows whether order books are complete: comparisons with snapshots, and counts. Replace BUCKET by the name of
-- the archive's bucket. Athena computes the partitions from their names, so a new hour needs no new partition.
create external table kalshi.book_checks (
    market_ticker string comment 'name at the exchange',
    from_at timestamp comment 'UTC microseconds, clock of the gatherer',
    to_at timestamp comment 'UTC microseconds, clock of the gatherer',
    kind string comment 'clock, line or count',
    gatherer_id smallint comment 'number of a gatherer',
    is_proven boolean comment 'true or false',
    wrong_levels int comment 'number',
    from_clock bigint comment 'logical clock of the market',
    to_clock bigint comment 'logical clock of the market'
)
partitioned by (`date` date, hour int)
row format serde 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe'
stored as inputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'
outputformat 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat'
location 's3://BUCKET/parquet/book_checks/'
tblproperties (
    'projection.enabled' = 'true',
    'projection.date.type' = 'date',
    'projection.date.format' = 'yyyy-MM-dd',
    'projection.date.range' = '2025-01-01,NOW',
    'projection.hour.type' = 'integer',
    'projection.hour.range' = '0,23',
    'projection.hour.digits' = '2',
    'storage.location.template' = 's3://BUCKET/parquet/book_checks/date=${date}/hour=${hour}/'
);
