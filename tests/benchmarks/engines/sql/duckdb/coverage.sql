-- The states of minutes in the archive, as the views of the library have other streams.
-- Needs the variable archive: the folder that holds the streams.
create or replace view coverage as
select *
from read_parquet(
    getvariable('archive') || '/coverage/**/*.parquet', hive_partitioning = true, union_by_name = true
);
