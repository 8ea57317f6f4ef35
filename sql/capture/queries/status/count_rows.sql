-- Count the rows that this gatherer holds, per table.
-- Reads: the tables of all streams, capture.gaps, capture.quarantine
-- Returns: name of the table, rows
select 'trades' as stream, count(*) as counted from capture.trades
union all
select 'orderbook_deltas' as stream, count(*) as counted from capture.orderbook_deltas
union all
select 'orderbook_snapshots' as stream, count(*) as counted from capture.orderbook_snapshots
union all
select 'tickers' as stream, count(*) as counted from capture.tickers
union all
select 'lifecycle_events' as stream, count(*) as counted from capture.lifecycle_events
union all
select 'index_values' as stream, count(*) as counted from capture.index_values
union all
select 'gaps' as stream, count(*) as counted from capture.gaps
union all
select 'quarantine' as stream, count(*) as counted from capture.quarantine;
