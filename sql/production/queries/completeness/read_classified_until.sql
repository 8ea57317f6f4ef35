-- Tell until when the ledger is judged.
-- Reads: ops.watermarks
-- Returns: the moment; no row where nothing was judged yet
select moment
from ops.watermarks
where name = 'market_minutes';
