-- Learn which database this is.
-- Reads: sync.instance_v1
-- Returns: the epoch uuid
select epoch
from sync.instance_v1;
