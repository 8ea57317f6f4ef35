-- List the gaps in trades that are not repaired yet, oldest first.
-- Reads: capture.gaps
-- Returns: began_at, detected_at, frame_number
select
    began_at,
    detected_at,
    frame_number
from capture.gaps
where channel = 'trade' and repair is null and seq_received > seq_expected
order by began_at
limit 1000;
