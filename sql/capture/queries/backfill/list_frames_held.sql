-- List the frames received within a range of time whose rows are held.
-- Parameters: begin timestamptz, until timestamptz; the end is not part of the range
-- Reads: every table of timeseries.series whose rows are messages
-- Returns: frame_number
select frame_number from capture.frames_held(%(begin)s::timestamptz, %(until)s::timestamptz);
