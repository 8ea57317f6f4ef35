-- The snapshots of order books in the archive; date and hour are those of the file, in UTC.
-- Needs the variable archive: the folder or s3://BUCKET/PREFIX that holds the streams.
create or replace view snapshots as
select *
from read_parquet(
    getvariable('archive') || '/orderbook_snapshots/**/*.parquet',
    hive_partitioning = true, union_by_name = true
);
