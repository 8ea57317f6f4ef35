-- The stream whose files have the columns of the view markets: an archive has no list of markets before its first whole
-- day has begun, and a view needs a file.
-- Needs the variable archive: the folder or s3://BUCKET/PREFIX that holds the streams.
set variable markets_listed = (
    select if(count(*) > 0, 'markets', 'markets_history')
    from glob(getvariable('archive') || '/markets/**/*.parquet')
);
