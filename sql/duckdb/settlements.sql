-- What each market paid for a YES contract, as was said last; date and hour are those of the file, in UTC.
-- Needs the variable archive: the folder or s3://BUCKET/PREFIX that holds the streams.
-- Returns: market_ticker, result, yes_value in dollars, determined_at, seen_at (when that was said first), settled_at,
-- source (what said it first)
create or replace view settlements as
select *
from
    read_parquet(
        getvariable('archive') || '/settlements/**/*.parquet',
        hive_partitioning = true, union_by_name = true
    )
qualify row_number() over (partition by market_ticker order by seen_at desc) = 1;
