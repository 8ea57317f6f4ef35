-- The hours of which the archive has a file of changes of order books, with or without rows.
-- Needs the variable archive: the folder or s3://BUCKET/PREFIX that holds the streams.
-- Returns: hour_at, a timestamp in UTC
create or replace view hours_recorded as
select strptime(regexp_extract(file, 'date=([^/]+/hour=[^/]+)/', 1), '%Y-%m-%d/hour=%H') as hour_at
from glob(getvariable('archive') || '/orderbook_deltas/*/*/part-0.parquet');
