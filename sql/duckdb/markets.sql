-- The lists of all markets of the exchange, one of each day, as they were when the day had begun; date is that of the
-- file, in UTC. No rows if the archive has no list yet.
-- Needs the variable archive: the folder or s3://BUCKET/PREFIX that holds the streams.
-- Reads: markets_listed
create or replace view markets as
select * not like 'hour'
from
    read_parquet(
        getvariable('archive') || '/' || getvariable('markets_listed') || '/**/*.parquet',
        hive_partitioning = true, union_by_name = true
    )
where getvariable('markets_listed') = 'markets';
