-- The lists of all markets of the exchange, one of each day, as they were when the day had begun; date is that of the
-- file, in UTC.
-- Needs the variable archive: the folder or s3://BUCKET/PREFIX that holds the streams.
create or replace view markets as
select *
from read_parquet(
    getvariable('archive') || '/markets/**/*.parquet',
    hive_partitioning = true, union_by_name = true
);
