-- Read until when all expected minutes are classified.
-- Reads: ops.watermarks
-- Returns: the time; no row if none was classified yet
select moment
from ops.watermarks
where name = 'market_minutes';
