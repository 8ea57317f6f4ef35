-- List the frames received within a range of time whose rows are held.
-- Parameters: begin timestamptz, until timestamptz; the end is not part of the range
-- Reads: the tables of all streams
-- Returns: frame_number
select frame_number from capture.trades
where received_at >= %(begin)s and received_at < %(until)s and frame_number is not null
union all
select frame_number from capture.orderbook_deltas
where received_at >= %(begin)s and received_at < %(until)s and frame_number is not null
union all
select frame_number from capture.orderbook_snapshots
where received_at >= %(begin)s and received_at < %(until)s and frame_number is not null
union all
select frame_number from capture.tickers
where received_at >= %(begin)s and received_at < %(until)s and frame_number is not null
union all
select frame_number from capture.lifecycle_events
where received_at >= %(begin)s and received_at < %(until)s and frame_number is not null
union all
select frame_number from capture.index_values
where received_at >= %(begin)s and received_at < %(until)s and frame_number is not null;
