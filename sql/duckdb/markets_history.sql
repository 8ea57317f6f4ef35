-- Every state of the exchange's markets in the archive; date and hour are those of the file, in UTC.
-- Needs the variable archive: the folder or s3://BUCKET/PREFIX that holds the streams.
create or replace view markets_history as
select *
from read_parquet(
    getvariable('archive') || '/markets_history/**/*.parquet',
    hive_partitioning = true, union_by_name = true
);
