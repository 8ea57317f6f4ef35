-- List the time series of this database.
-- Reads: timeseries.series
-- Returns: the qualified name of each table, and the stream that it holds
select
    s.target::text as target,
    c.relname as stream
from timeseries.series as s
inner join pg_class as c on s.target = c.oid
order by target asc;
